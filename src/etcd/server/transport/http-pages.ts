import type * as http from 'node:http';
import type * as http2 from 'node:http2';

/** What a plain HTTP request is answered with. */
export interface HttpPage {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request that is not gRPC: its method, its path, and what follows the question mark. */
export type HttpPages = (method: string, path: string, query: URLSearchParams) => HttpPage;

/** Answers a request on a connection of HTTP/1.1. */
export function answerHttp1(
  pages: HttpPages,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const page = pageOf(pages, request.method, request.url);
  request.resume();
  response.writeHead(page.status, headersOf(page));
  response.end(request.method === 'HEAD' ? undefined : page.body);
}

/** Answers a request on a stream of HTTP/2. */
export function answerHttp2(
  pages: HttpPages,
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
): void {
  const page = pageOf(pages, headers[':method'], headers[':path']);
  stream.on('error', () => {});
  stream.resume();
  stream.respond({ ':status': page.status, ...headersOf(page) });
  stream.end(headers[':method'] === 'HEAD' ? undefined : page.body);
}

function pageOf(pages: HttpPages, method = 'GET', target = '/'): HttpPage {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return pages(method, path, new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)));
}

function headersOf({ contentType, body, headers }: HttpPage): Record<string, string> {
  return { ...headers, 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) };
}
