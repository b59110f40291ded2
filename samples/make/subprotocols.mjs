// Ends which speak a subprotocol, by the libraries that define it.
//
//   node subprotocols.mjs server PLAY PORT
//   node subprotocols.mjs client PLAY PORT
//
// The clients are raw `ws` where the play is about a client that breaks the subprotocol: the libraries'
// own clients do not. Each end prints one JSON object a line.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const WS = require("ws");
const [, , side, play, port] = process.argv;
const url = `ws://127.0.0.1:${port}/`;

const own = (name) => { // some packages do not export their package.json
  let path = require.resolve(name);
  while (!/node_modules\/[^/]+$/.test(path) && !/node_modules\/@[^/]+\/[^/]+$/.test(path)) path = path.slice(0, path.lastIndexOf("/"));
  return `${name} ${JSON.parse(require("node:fs").readFileSync(`${path}/package.json`)).version}`;
};
let library = own("ws");
const log = (event, more = {}) => console.log(JSON.stringify({ side, library, event, ...more }));
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A ws client that says these lines, one after the other, and tells what it hears. */
function lines(protocol, says, { gap = 100, path = "" } = {}) {
  const ws = new WS.WebSocket(url + path, protocol, { perMessageDeflate: false });
  ws.on("open", async () => {
    log("open", { protocol: ws.protocol });
    for (const line of says) {
      if (ws.readyState !== 1) return;
      ws.send(typeof line === "string" || Buffer.isBuffer(line) ? line : JSON.stringify(line));
      await later(gap);
    }
  });
  ws.on("message", (data, binary) => log("message", { text: binary ? data.toString("hex") : data.toString() }));
  ws.on("error", (e) => log("error", { text: `${e.name}: ${e.message}` }));
  ws.on("close", (code, reason) => { log("close", { code, reason: reason.toString() }); process.exit(); });
  return ws;
}

/** Reports the close of every connection that a ws server accepts. */
function watched(wss) {
  wss.on("connection", (ws) => {
    log("open", { protocol: ws.protocol });
    ws.on("close", (code, reason) => log("close", { code, reason: reason.toString() }));
  });
  return wss;
}

// --- graphql-transport-ws --------------------------------------------------------------------------

function graphqlServer() {
  const { handleProtocols } = require("graphql-ws");
  const { useServer } = require("graphql-ws/use/ws");
  const graphql = require("graphql");
  library = `${own("graphql-ws")} on ${own("ws")}`;
  const schema = new graphql.GraphQLSchema({
    query: new graphql.GraphQLObjectType({ name: "Query", fields: { hello: { type: graphql.GraphQLString, resolve: () => "world" } } }),
    subscription: new graphql.GraphQLObjectType({ name: "Subscription", fields: { count: {
      type: graphql.GraphQLInt,
      subscribe: async function* () { for (let count = 1; count <= 3; count++) { await later(50); yield { count }; } },
    } } }),
  });
  const wss = watched(new WS.WebSocketServer({ port: +port, host: "127.0.0.1", handleProtocols, perMessageDeflate: false }));
  useServer({
    schema,
    connectionInitWaitTimeout: 500,
    onConnect: () => {
      if (play === "graphql-ws-4500") throw new Error("The database of sessions is down");
      return play !== "graphql-ws-4403";
    },
  }, wss);
  wss.on("listening", () => log("listening"));
}

const INIT = { type: "connection_init" };
const subscribe = (id) => ({ id, type: "subscribe", payload: { query: "subscription { count }" } });
const GRAPHQL = "graphql-transport-ws";

function graphqlSubscription() {
  const { createClient } = require("graphql-ws");
  library = `${own("graphql-ws")} on ${own("ws")}`;
  const client = createClient({ url, webSocketImpl: class extends WS.WebSocket {
    constructor(address, protocol) { super(address, protocol, { perMessageDeflate: false }); }
  }, lazy: false });
  client.on("connected", () => log("open"));
  client.on("closed", (e) => { log("close", { code: e.code, reason: e.reason }); setTimeout(process.exit, 50); });
  client.subscribe({ query: "subscription { count }" }, {
    next: (value) => log("message", { text: JSON.stringify(value) }),
    error: (error) => log("error", { text: String(error) }),
    complete: () => setTimeout(() => client.dispose(), 50),
  });
}

const graphqlClients = {
  "graphql-ws-4400": () => lines(GRAPHQL, [INIT, { type: "start", id: "1", payload: {} }]), // a type of the older protocol
  "graphql-ws-4401": () => lines(GRAPHQL, [subscribe("1")]), // before connection_init
  "graphql-ws-4403": () => lines(GRAPHQL, [INIT]),
  "graphql-ws-4406": () => lines([], [INIT]), // offers no subprotocol at all
  "graphql-ws-4408": () => lines(GRAPHQL, []), // never says connection_init
  "graphql-ws-4409": () => lines(GRAPHQL, [INIT, subscribe("1"), subscribe("1")], { gap: 20 }),
  "graphql-ws-4429": () => lines(GRAPHQL, [INIT, INIT]),
  "graphql-ws-4500": () => lines(GRAPHQL, [INIT]),
  "graphql-ws-subscription": graphqlSubscription,
};

// --- Socket.IO -------------------------------------------------------------------------------------

function socketioServer() {
  const { Server } = require("socket.io");
  library = own("socket.io");
  const io = new Server({ transports: ["websocket"], pingInterval: 300, pingTimeout: 400, serveClient: false });
  if (play === "socketio-refused") io.use((_, next) => next(new Error("not authorized")));
  io.on("connection", (socket) => {
    log("open", { id: "…" });
    socket.on("chat", (text, done) => { log("message", { text }); done("got it"); if (play === "socketio-disconnect") socket.disconnect(true); });
    socket.on("disconnect", (reason) => log("close", { text: reason }));
  });
  io.listen(+port);
  io.httpServer.on("listening", () => log("listening"));
}

const socketioClients = {
  "socketio-refused": () => socketioClient(),
  "socketio-disconnect": () => socketioClient(),
  // Answers the handshake and the CONNECT, and none of the pings.
  "socketio-ping-timeout": () => lines([], ["40"], { path: "socket.io/?EIO=4&transport=websocket" }),
};

function socketioClient() {
  const { io } = require("socket.io-client");
  library = own("socket.io-client");
  const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false });
  socket.on("connect", () => { log("open"); socket.emit("chat", "xin chào", (answer) => log("message", { text: answer })); });
  socket.on("connect_error", (e) => { log("error", { text: e.message }); setTimeout(() => { socket.close(); setTimeout(process.exit, 100); }, 100); });
  socket.on("disconnect", (reason) => { log("close", { text: reason }); setTimeout(process.exit, 200); });
}

// --- MQTT ------------------------------------------------------------------------------------------

async function mqttServer() {
  const { Aedes } = require("aedes");
  library = `${own("aedes")} on ${own("ws")}`;
  const broker = await Aedes.createBroker({ id: "sample" });
  if (play === "mqtt-not-authorized") {
    broker.authenticate = (_, user, password, done) => done(Object.assign(new Error("no entry"), { returnCode: 5 }), false);
  }
  const wss = watched(new WS.WebSocketServer({ port: +port, host: "127.0.0.1", perMessageDeflate: false, handleProtocols: () => "mqtt" }));
  wss.on("connection", (ws, request) => broker.handle(WS.createWebSocketStream(ws), request));
  broker.on("clientError", (_, e) => log("error", { text: e.message }));
  broker.on("connectionError", (_, e) => log("error", { text: e.message }));
  broker.on("keepaliveTimeout", () => log("keepalive timeout"));
  wss.on("listening", () => log("listening"));
}

function mqttClient(options = {}) {
  const mqtt = require("mqtt");
  library = own("mqtt");
  const client = mqtt.connect(url, { clientId: "sample", reconnectPeriod: 0, wsOptions: { perMessageDeflate: false }, ...options });
  client.on("connect", () => {
    log("open");
    client.subscribe("rooms/1", () => client.publish("rooms/1", "21.5 °C"));
  });
  client.on("message", (topic, data) => { log("message", { text: `${topic}: ${data}` }); client.end(); });
  client.on("error", (e) => log("error", { text: e.message, code: e.code }));
  client.on("close", () => { log("close"); setTimeout(process.exit, 200); });
}

const mqttClients = {
  "mqtt-not-authorized": () => mqttClient({ username: "sample", password: "wrong" }),
  "mqtt-publish": () => mqttClient(),
  // CONNECT with a keep-alive of one second, and then nothing: the broker waits one and a half.
  "mqtt-keepalive-timeout": () => lines("mqtt", [Buffer.from("101200044d5154540402000100067361 6d706c65".replace(/ /g, ""), "hex")]),
};

// --- which ------------------------------------------------------------------------------------------

const family = play.split("-")[0];
if (side === "server") ({ graphql: graphqlServer, socketio: socketioServer, mqtt: mqttServer })[family]();
else ({ ...graphqlClients, ...socketioClients, ...mqttClients })[play]();
