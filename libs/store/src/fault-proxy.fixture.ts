import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does to one request or its answer. Positions count bytes of the body. */
export type Fault =
  /** Answers in place of the server, which never hears of the request. */
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfter?: number }
  /** Closes the connection without an answer; the server never hears of the request. */
  | { readonly kind: 'hang up' }
  /** Lets the server do what was asked, and closes the connection in place of its answer. */
  | { readonly kind: 'lose the answer' }
  /** Sends so many bytes of the answer's body, and then nothing more. */
  | { readonly kind: 'stall'; readonly after: number }
  /** Sends so many bytes of the answer's body, and closes the connection. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Turns the lowest bit of a byte of the answer's body. */
  | { readonly kind: 'flip'; readonly at: number }
  /** Turns the lowest bit of a byte of the request's body. */
  | { readonly kind: 'flip sent'; readonly at: number }
  /** Answers after so long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answers after so long, and sends the answer's body so slowly. */
  | { readonly kind: 'throttle'; readonly ms: number; readonly bytesPerSecond: number };

/** A request that came to the proxy; `path` with its query. */
export interface Seen {
  readonly method: string;
  readonly path: string;
}

/**
 * Stands between a client and an HTTP server, and does to requests what networks and busy servers do. Requests keep their Host, so that
 * signatures stay valid.
 */
export class FaultProxy {
  readonly seen: Seen[] = [];
  /** Told of each answer of the server, before anything of it is sent on. */
  onAnswer: (request: http.IncomingMessage, status: number) => void = () => undefined;
  readonly #target: URL;
  readonly #host: string;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #rules: { readonly fault: Fault; readonly matches: (request: Seen) => boolean; times: number }[] = [];
  readonly #server = http.createServer((request, response) => this.#take(request, response));
  #port = 0;

  /**
   * @param target the server's address, `http://host:port`
   * @param host where the proxy listens
   */
  constructor(target: string, host = '127.0.0.1') {
    this.#target = new URL(target);
    this.#host = host;
  }

  /** Listens, at the same address as before if it did; `endpoint` tells where. */
  async start(): Promise<void> {
    await new Promise<void>((ready) => this.#server.listen(this.#port, this.#host, ready));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  /** Closes every connection and refuses new ones, until {@link start}. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** Does something to the next requests that match. Earlier rules go first. @default of times 1, of matches every request */
  next(fault: Fault, { times = 1, matches = () => true }: { times?: number; matches?: (request: Seen) => boolean } = {}): void {
    this.#rules.push({ fault, matches, times });
  }

  /** How many faults have not happened yet. */
  pending(): number {
    return this.#rules.reduce((sum, { times }) => sum + times, 0);
  }

  /** Forgets faults that have not happened, and requests that have. */
  clear(): void {
    this.#rules.length = 0;
    this.seen.length = 0;
  }

  #take(request: http.IncomingMessage, response: http.ServerResponse): void {
    const seen = { method: request.method ?? '', path: request.url ?? '' };
    this.seen.push(seen);
    const rule = this.#rules.find((each) => each.times > 0 && each.matches(seen));
    if (rule !== undefined) rule.times -= 1;
    const fault = rule?.fault;
    if (fault?.kind === 'hang up') return void request.socket.destroy();
    if (fault?.kind === 'refuse') return refuse(request, response, fault);
    this.#forward(request, response, fault);
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse, fault: Fault | undefined): void {
    const { hostname, port } = this.#target;
    const onward = http.request({
      agent: this.#agent,
      hostname,
      port,
      method: request.method,
      path: request.url,
      headers: request.headers,
      setHost: false,
    });
    const fail = (): void => void request.socket.destroy();
    onward.on('error', fail);
    response.on('error', () => onward.destroy());
    response.on('close', () => response.writableFinished || onward.destroy());
    onward.on('response', (answer) => {
      answer.on('error', fail);
      this.onAnswer(request, answer.statusCode ?? 502);
      if (fault?.kind === 'lose the answer') return void answer.resume().on('end', fail);
      const send = (): void => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        sendBody(answer, response, fault);
      };
      if (fault?.kind === 'delay' || fault?.kind === 'throttle') setTimeout(send, fault.ms);
      else send();
    });
    if (fault?.kind !== 'flip sent') return void request.pipe(onward);
    let at = 0;
    request.on('data', (piece: Buffer) => {
      flip(piece, fault.at - at);
      at += piece.length;
      onward.write(piece);
    });
    request.on('end', () => onward.end());
  }
}

function refuse(request: http.IncomingMessage, response: http.ServerResponse, { status, retryAfter }: Fault & { kind: 'refuse' }): void {
  request.resume().on('end', () => {
    const body = '<Error><Code>SlowDown</Code><Message>the proxy refuses</Message></Error>';
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    response.writeHead(status, { 'content-length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
}

function sendBody(answer: http.IncomingMessage, response: http.ServerResponse, fault: Fault | undefined): void {
  if (fault?.kind === 'throttle') return sendSlowly(answer, response, fault.bytesPerSecond);
  if (fault?.kind !== 'stall' && fault?.kind !== 'cut' && fault?.kind !== 'flip') return void answer.pipe(response);
  response.flushHeaders();
  let at = 0;
  answer.on('data', (piece: Buffer) => {
    const start = at;
    at += piece.length;
    if (fault.kind === 'flip') {
      flip(piece, fault.at - start);
      response.write(piece);
    } else if (start < fault.after) {
      response.write(piece.subarray(0, fault.after - start), () => {
        if (fault.kind === 'cut' && at >= fault.after) response.destroy();
      });
    }
  });
  // A body that is shorter than where it would be cut arrives whole.
  answer.on('end', () => (fault.kind === 'flip' || (fault.kind === 'cut' && at < fault.after)) && response.end());
}

function sendSlowly(answer: http.IncomingMessage, response: http.ServerResponse, bytesPerSecond: number): void {
  answer.on('data', (piece: Buffer) => {
    answer.pause();
    response.write(piece);
    setTimeout(() => answer.resume(), (1000 * piece.length) / bytesPerSecond);
  });
  answer.on('end', () => response.end());
}

function flip(piece: Buffer, at: number): void {
  if (at >= 0 && at < piece.length) piece[at]! ^= 1;
}
