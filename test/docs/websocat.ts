// Stands in for websocat where it is not installed, as far as docs/api.md uses it: each line of the input is a text frame, each
// text frame that comes is a line of the output, the end of the input closes.
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({ options: { protocol: { type: "string" } }, allowPositionals: true });
const socket = new WebSocket(positionals[0]!, values.protocol!);
socket.onmessage = ({ data }) => console.log(String(data));
socket.onclose = ({ code, reason }) => {
  if (code !== 1000) console.error(code, reason);
  process.exit(code === 1000 ? 0 : 1);
};
await new Promise((resolve) => {
  socket.onopen = resolve;
});
for await (const line of console) socket.send(line);
socket.close(1000);
