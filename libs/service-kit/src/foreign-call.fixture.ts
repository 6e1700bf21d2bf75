import { connect, type IncomingHttpHeaders } from 'node:http2';

/** A call by bare HTTP/2, to send what a gRPC client would refuse to. Returns the trailers. */
export function foreignCall(address: string, path: string, message: Buffer, headers: Record<string, string> = {}): Promise<IncomingHttpHeaders> {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  return new Promise((resolve, reject) => {
    const session = connect(`http://${address}`);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let answer: IncomingHttpHeaders = {};
    stream.on('response', (received) => (answer = { ...answer, ...received }));
    stream.on('trailers', (received) => (answer = { ...answer, ...received }));
    stream.on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve(answer);
    });
    stream.resume();
    stream.end(frame);
  });
}
