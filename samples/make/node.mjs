// The Node ends: a `ws` server, a `ws` client and undici's WebSocket.
//
//   node node.mjs server --port N [--host H] [--deflate] [--reject 401] [--close MS:CODE:REASON]
//                                   [--http | --two-paths]
//   node node.mjs ws     --url U  [--send TEXT]... [--pause MS] [--then ACTION] [--deflate]
//   node node.mjs undici --url U  [--send TEXT]... [--pause MS] [--then ACTION]
//
// Each with [--tls JSON]: options of Node's `tls`, in which certFile, keyFile and caFile name files.
//
// By default the server is `ws` alone; --http attaches it to an HTTP server that also answers GET, and
// --two-paths attaches two of them. ACTION happens once every message came back (and MS later):
// close:CODE:REASON, close (empty Close), terminate,
// reset (TCP RST), wait (do nothing: the other end has to act), idle:MS (exit after MS, still open).
//
// Each end prints one JSON object a line: what its API reported, and nothing it did not.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { parseArgs } from "node:util";

const require = createRequire(import.meta.url); // unlike `import`, this honours NODE_PATH
const WS = require("ws");
const version = (name) => `${name} ${require(`${name}/package.json`).version}`;

const { positionals: [role], values: opt } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string" }, host: { type: "string", default: "127.0.0.1" },
    deflate: { type: "boolean" }, reject: { type: "string" }, close: { type: "string" },
    http: { type: "boolean" }, "two-paths": { type: "boolean" }, url: { type: "string" },
    pause: { type: "string", default: "0" },
    send: { type: "string", multiple: true, default: [] }, then: { type: "string", default: "wait" },
    tls: { type: "string" },
  },
});

function secured() {
  if (!opt.tls) return null;
  const { certFile, keyFile, caFile, ...options } = JSON.parse(opt.tls);
  const read = (names) => [names].flat().map((name) => readFileSync(name));
  if (certFile) Object.assign(options, { cert: read(certFile), key: read(keyFile) });
  if (caFile) options.ca = read(caFile);
  return options;
}
const tls = secured();

const log = (side, library, event, more = {}) =>
  console.log(JSON.stringify({ side, library, event, ...more }));

function server() {
  const library = version("ws");
  const say = (event, more) => log("server", library, event, more);
  const options = { perMessageDeflate: opt.deflate ? { threshold: 0 } : false };
  const page = (_, response) => response.end("hello over HTTP\n");
  const web = tls ? https.createServer(tls, page)
    : opt.http || opt["two-paths"] ? http.createServer(page) : null;
  // What the server's application hears of a handshake of TLS that fails: nothing else is told it.
  web?.on("tlsClientError", (e) => say("tlsClientError", { text: `${e.name}: ${e.message}`.trim(), errorCode: e.code }));
  if (web) options.server = web;
  else Object.assign(options, { port: +opt.port, host: opt.host });
  if (opt["two-paths"]) options.path = "/chat";
  if (opt.reject) {
    options.verifyClient = (_, done) => { say("verifyClient", { code: +opt.reject }); done(false, +opt.reject); };
  }
  const wss = new WS.WebSocketServer(options);
  // The well-known trap: every ws server attached with a `path` sees every upgrade request, and the
  // one whose path differs refuses it, on the socket which the first one has already upgraded.
  if (opt["two-paths"]) new WS.WebSocketServer({ server: web, path: "/admin" });

  wss.on("connection", (ws, request) => {
    say("open", { path: request.url });
    ws.on("error", (e) => say("error", { text: `${e.name}: ${e.message}`, errorCode: e.code }));
    ws.on("close", (code, reason) => say("close", { code, reason: reason.toString() }));
    ws.on("message", (data, isBinary) => { say("message", { bytes: data.length }); ws.send(data, { binary: isBinary }); });
    if (opt.close) {
      const [ms, code, reason] = opt.close.split(":");
      setTimeout(() => { say("calls close", { code: +code, reason }); ws.close(+code, reason); }, +ms);
    }
  });
  wss.on("listening", () => say("listening"));
  web?.listen(+opt.port, opt.host);
}

function act(ws, say) {
  const [verb, code, reason] = opt.then.split(":");
  if (verb === "idle") return setTimeout(() => { say("still open", { readyState: ws.readyState }); process.exit(); }, +code);
  if (verb !== "wait") say(`calls ${verb}`, code ? { code: +code, reason } : {});
  if (verb === "close") code ? ws.close(+code, reason) : ws.close();
  if (verb === "terminate") ws.terminate();
  if (verb === "reset") ws._socket.resetAndDestroy();
}

function ws() {
  const say = (event, more) => log("client", version("ws"), event, more);
  const ws = new WS.WebSocket(opt.url, { perMessageDeflate: opt.deflate ? { threshold: 0 } : false, ...tls });
  let left = [...opt.send];
  const next = () => (left.length ? ws.send(left.shift()) : setTimeout(act, +opt.pause, ws, say));
  ws.on("open", () => { say("open", { extensions: ws.extensions, protocol: ws.protocol }); next(); });
  ws.on("message", (data) => { say("message", { bytes: data.length }); next(); });
  ws.on("error", (e) => say("error", { text: `${e.name}: ${e.message}`, errorCode: e.code }));
  ws.on("close", (code, reason) => say("close", { code, reason: reason.toString() }));
}

function undici() {
  const { Agent, WebSocket } = require("undici");
  const say = (event, more) => log("client", version("undici"), event, more);
  const ws = new WebSocket(opt.url, tls ? { dispatcher: new Agent({ connect: tls }) } : undefined);
  let left = [...opt.send];
  const next = () => (left.length ? ws.send(left.shift()) : setTimeout(act, +opt.pause, ws, say));
  ws.onopen = () => { say("open", { extensions: ws.extensions, protocol: ws.protocol }); next(); };
  ws.onmessage = (e) => { say("message", { bytes: e.data.length }); next(); };
  ws.onerror = (e) => say("error", { text: e.message, error: String(e.error) });
  ws.onclose = (e) => say("close", { code: e.code, reason: e.reason, wasClean: e.wasClean });
}

({ server, ws, undici })[role]();
