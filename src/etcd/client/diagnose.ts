import * as net from 'node:net';
import * as tls from 'node:tls';
import type { HoldfastError } from '../../base/index.ts';
import { type DialSituation, dialError, nodeErrorCode, requiresTls, speaksPlaintext } from './dial-error.ts';
import type { DialOptions } from './dial-options.ts';
import { addressOf, type Endpoint } from './endpoint.ts';
import { tlsConnectOptions } from './tls-options.ts';

/** Enough for a handshake with a server that has much to do: who is asked has answered, or hung up, a moment ago. */
const probeTimeoutMs = 3000;
/** HTTP/2 connection preface and an empty SETTINGS frame: what any HTTP/2 server answers. */
const http2Preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

/**
 * A server that gets TLS where it expects plain text, or the reverse, mostly just hangs up, and an alert about our
 * certificate can be overtaken by a reset. So after a hang-up one more connection asks why. Returns the better error,
 * or undefined when the first one says it all.
 */
export async function diagnose(
  error: unknown,
  situation: DialSituation,
  options: DialOptions,
): Promise<HoldfastError | undefined> {
  const { endpoint, phase } = situation;
  const hungUp = ['ECONNRESET', 'EPIPE', 'ERR_HTTP2_ERROR'].includes(nodeErrorCode(error));
  if (!hungUp || phase === 'connect') return undefined;
  if (endpoint.security === 'plaintext') {
    return (await answersTls(endpoint)) ? requiresTls(endpoint, error) : undefined;
  }
  if (phase === 'tls') {
    return (await answersPlaintext(endpoint)) ? speaksPlaintext(endpoint, error) : undefined;
  }
  const alert = await certificateAlert(endpoint, options);
  return alert === undefined ? undefined : dialError(alert, situation);
}

/** Whether the server takes part in a TLS handshake, to whatever end. */
function answersTls(endpoint: Endpoint): Promise<boolean> {
  const socket = tls.connect({ ...addressOf(endpoint), ALPNProtocols: ['h2'], rejectUnauthorized: false });
  return probe(socket, (finish) => {
    socket.once('secureConnect', () => finish(true));
    socket.once('error', (error) => finish(nodeErrorCode(error).includes('_ALERT_')));
  });
}

/** Whether the server answers HTTP in plain text, in either version. */
function answersPlaintext(endpoint: Endpoint): Promise<boolean> {
  const socket = net.connect(addressOf(endpoint));
  return probe(socket, (finish) => {
    socket.once('connect', () => socket.write(http2Preface, 'latin1'));
    socket.once('data', (bytes: Buffer) => {
      const http2Settings = bytes[3] === 4 && bytes.length >= 9;
      finish(http2Settings || bytes.toString('latin1', 0, 5) === 'HTTP/');
    });
    socket.once('error', () => finish(false));
  });
}

/** The alert that the server sends after the handshake when nothing that we write can overtake it. */
async function certificateAlert(endpoint: Endpoint, options: DialOptions): Promise<Error | undefined> {
  const socket = tls.connect(tlsConnectOptions(endpoint, options.tls, options.secureContext()));
  let alert: Error | undefined;
  await probe(socket, (finish) => {
    socket.once('error', (error: Error) => {
      if (nodeErrorCode(error).includes('_ALERT_')) alert = error;
      finish(true);
    });
  });
  return alert;
}

async function probe(
  socket: net.Socket,
  listen: (finish: (answer: boolean) => void) => void,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, probeTimeoutMs, false);
  listen(resolve);
  socket.on('error', () => {}).once('close', () => resolve(false));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
