import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { BroadcastChannel } from 'node:worker_threads';
import { STORE_TROUBLE_CHANNEL, type StoreTrouble } from '@fathom/store';

/** Has the troubles that stores make in this thread told to the process. */
export function forwardTroubles(): void {
  const out = new BroadcastChannel(STORE_TROUBLE_CHANNEL);
  out.unref();
  subscribe(STORE_TROUBLE_CHANNEL, (trouble) => out.postMessage(trouble));
}

/** Hears of troubles that stores make in this thread, and in those that forward theirs; until what is returned is called. */
export function onStoreTrouble(hear: (trouble: StoreTrouble) => void): () => void {
  const here = (trouble: unknown): void => hear(trouble as StoreTrouble);
  const others = new BroadcastChannel(STORE_TROUBLE_CHANNEL);
  others.onmessage = (message): void => hear((message as { data: StoreTrouble }).data);
  others.unref();
  subscribe(STORE_TROUBLE_CHANNEL, here);
  return () => {
    unsubscribe(STORE_TROUBLE_CHANNEL, here);
    others.close();
  };
}
