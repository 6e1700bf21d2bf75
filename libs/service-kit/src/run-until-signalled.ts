/** Where signals come from; `process` is one. */
export interface SignalSource {
  once(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/**
 * For mains: waits for SIGINT or SIGTERM, closes all servers gracefully and tells which signal it was. From the first
 * signal on the second has the system's own effect and ends the process at once.
 */
export async function runUntilSignalled(servers: readonly { close(): Promise<void> }[], source: SignalSource = process): Promise<NodeJS.Signals> {
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    const onSignal = (received: NodeJS.Signals) => {
      for (const name of SIGNALS) source.off(name, onSignal);
      resolve(received);
    };
    for (const name of SIGNALS) source.once(name, onSignal);
  });
  await Promise.all(servers.map((server) => server.close()));
  return signal;
}
