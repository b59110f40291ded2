// A Node end of the permessage-deflate captures: `ws`, saying what the plan says.
//
//   node talk.mjs server --plan FILE --record FILE --port N
//   node talk.mjs client --plan FILE --record FILE --url U
//
// The plan lists the connections, which the client opens one after the other: for each the options of
// both ends (`perMessageDeflate` as ws takes it), and what either side sends. Both send at once; the
// client closes with 1000 once everything has come. What is sent is recorded before it is handed over.

import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const require = createRequire(import.meta.url); // unlike `import`, this honours NODE_PATH
const WS = require("ws");

const { positionals: [side], values: opt } = parseArgs({
  allowPositionals: true,
  options: { plan: { type: "string" }, record: { type: "string" }, port: { type: "string" }, url: { type: "string" } },
});
const plan = JSON.parse(readFileSync(opt.plan, "utf8"));
const other = side === "client" ? "server" : "client";
const library = `ws ${require("ws/package.json").version}`;

let pings = 0;
const log = (event, more = {}) => console.log(JSON.stringify({ side, library, event, ...more }));
const bytes = (message) => ("zeros" in message ? Buffer.alloc(message.zeros)
  : Buffer.from(message.text ?? message.binary, "text" in message ? "utf8" : "base64"));
const digest = (data) => createHash("sha256").update(data).digest("hex");

/** Sends one message, in fragments where the plan cuts it. */
function say(ws, number, message) {
  const data = bytes(message);
  const binary = !("text" in message || message.as_text);
  if ((plan.record ?? side) === side) {
    appendFileSync(opt.record, `${number} ${side} ${binary ? "binary" : "text"} ${data.length} ${digest(data)}\n`);
  }
  const how = message.plain ? { compress: false } : {};
  let from = 0;
  for (const cut of message.cuts ?? []) {
    ws.send(Buffer.from(data.subarray(from, cut)), { ...how, binary, fin: false });
    if (message.pings) ws.ping(`ping ${++pings}`);
    from = cut;
  }
  ws.send(Buffer.from(data.subarray(from)), { ...how, binary, fin: true });
}

function talk(ws, number) {
  const { [side]: own, [`${side}_says`]: says = [], [`${other}_says`]: expected = [] } = plan.connections[number - 1];
  let heard = 0, wrong = 0;
  const done = () => {
    if (side !== "client" || heard < expected.length) return;
    if (own.stay) return;
    ws.close(1000, "done");
  };
  ws.on("message", (data, isBinary) => {
    const message = expected[heard++];
    wrong += !message || isBinary === "text" in message || !bytes(message).equals(data);
    done();
  });
  ws.on("error", (e) => log("error", { connection: number, text: `${e.name}: ${e.message}`, errorCode: e.code }));
  const closed = new Promise((resolve) => ws.on("close", (code, reason) => {
    log("close", { connection: number, received: heard, asSent: heard === expected.length && !wrong, code, reason: reason.toString() });
    resolve();
  }));
  if (own.nagle) ws._socket.setNoDelay(false); // then several messages share a segment
  for (const message of says) say(ws, number, message);
  if (!expected.length) done();
  return closed;
}

async function client() {
  for (let number = 1; number <= plan.connections.length; number++) {
    const { stay, nagle, ...options } = plan.connections[number - 1].client;
    const ws = new WS.WebSocket(opt.url, options.protocol ?? [], { perMessageDeflate: false, ...options });
    await new Promise((resolve) => {
      ws.on("unexpected-response", (_, response) => log("refused", { connection: number, code: response.statusCode }));
      ws.on("error", (e) => { if (ws.protocol === "" && !ws.opened) log("failed", { connection: number, text: `${e.name}: ${e.message}` }); resolve(); });
      ws.on("open", () => {
        ws.opened = true;
        log("open", { connection: number, extensions: ws.extensions });
        talk(ws, number).then(resolve);
      });
    });
  }
}

function server() {
  let number = 0;
  const web = http.createServer();
  web.on("upgrade", (request, socket, head) => {
    const connection = ++number;
    const wss = new WS.WebSocketServer({ noServer: true, perMessageDeflate: false, ...plan.connections[connection - 1].server });
    wss.handleUpgrade(request, socket, head, (ws) => {
      log("open", { connection, extensions: ws.extensions });
      talk(ws, connection);
    });
  });
  web.listen(+opt.port, "127.0.0.1", () => log("listening"));
}

({ client, server })[side]();
