/** The process behind `startPortRelay`: accepts on the sockets that it is handed and connects where it is told. */
import { type Server, type Socket, connect, createServer } from 'node:net';
import type { RelayOrder } from './port-relay.ts';

process.on('message', (order: RelayOrder, listener: Server) => {
  createServer((incoming) => relay(incoming, order)).listen(listener);
});
process.on('disconnect', () => process.exit(0));

function relay(incoming: Socket, { address, port }: RelayOrder): void {
  const outgoing = connect({ host: address, port });
  const end = () => {
    incoming.destroy();
    outgoing.destroy();
  };
  for (const socket of [incoming, outgoing]) {
    // Whatever happens to one side happens to the other.
    socket.setNoDelay(true).once('error', end).once('close', end);
  }
  incoming.pipe(outgoing).pipe(incoming);
}
