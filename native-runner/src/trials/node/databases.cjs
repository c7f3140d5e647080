"use strict";
// `share database`: SQLite and PostgreSQL. An open connection is handed over, in whatever way the platform has;
// then each side opens one of its own.
const { join } = require("node:path");
const { now } = require("./peers.cjs");

const FILE = join(__dirname, "shared.db");
// How long an answer may take that goes astray; in milliseconds.
const ASTRAY = 400;
const QUERIES = 100;

/** SQLite, as this Node has it: its own module, or npm's. */
function sqlite() {
  // Its own module warns that it may change.
  process.removeAllListeners("warning");
  try {
    const { DatabaseSync } = require("node:sqlite");
    return { name: "node:sqlite", open: () => new DatabaseSync(FILE), rows: (db, text) => db.prepare(text).all() };
  } catch {
    const { Database } = require("node-sqlite3-wasm");
    const { version } = require("node-sqlite3-wasm/package.json");
    return {
      name: `node-sqlite3-wasm ${version}`,
      open: () => new Database(FILE),
      rows: (db, text) => db.all(text),
    };
  }
}

/** Inserts a row in a transaction, again while the other side is at it. */
function insert(engine, db) {
  for (let tries = 0; ; tries++) {
    try {
      db.exec("BEGIN IMMEDIATE; INSERT INTO rows VALUES (1); COMMIT");
      return;
    } catch (why) {
      if (tries === 200) throw why;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

async function database({ caller, begin, words, meaningless }) {
  let engine;
  try {
    engine = sqlite();
  } catch (why) {
    meaningless(`there is no SQLite for this Node: ${words(why)}`);
  }
  const db = engine.open();
  db.exec("CREATE TABLE rows (x)");
  const version = Object.values(engine.rows(db, "SELECT sqlite_version() AS v")[0])[0];
  const facts = { engine: `SQLite ${version} by ${engine.name}` };
  const peer = await caller.start();
  const began = begin();
  try {
    const { usable, arrived } = await peer.ask({ connection: db });
    facts.connection_passed = usable;
    facts.said = `it arrives as ${arrived}`;
  } catch (why) {
    facts.connection_passed = false;
    facts.said = `${why.name}: ${words(why)}`;
  }
  peer.send({ open: true });
  insert(engine, db);
  const [{ inserted }] = await peer.next();
  const count = Object.values(engine.rows(db, "SELECT count(*) AS n FROM rows")[0])[0];
  facts.own_connections_work = inserted && Number(count) === 2;
  const took = now() - began;
  db.close();
  return { facts, took };
}

/** A connection to the server whose socket lies in the folder that the environment names. */
async function connect() {
  const { Client } = require("pg");
  const client = new Client({ host: process.env.BREAKEVEN_POSTGRES, user: "breakeven", database: "postgres" });
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function databaseServer({ caller, begin, words, meaningless, isThread }) {
  if (!process.env.BREAKEVEN_POSTGRES) meaningless(process.env.BREAKEVEN_NO_POSTGRES);
  const client = await connect();
  await client.query("CREATE TABLE rows (x int)");
  const { rows } = await client.query("SHOW server_version");
  const { version } = require("pg/package.json");
  const facts = { engine: `PostgreSQL ${rows[0].server_version.split(" ")[0]} by pg ${version}` };
  const peer = await caller.start();
  const began = begin();
  try {
    const { usable, arrived } = await peer.ask({ connection: client });
    facts.connection_passed = usable;
    facts.said = `it arrives as ${arrived}`;
  } catch (why) {
    facts.connection_passed = false;
    facts.said = `${why.name}: ${words(why)}`;
  }
  const own = (await peer.ask({ open: true })).inserted;
  await client.query("BEGIN");
  await client.query("INSERT INTO rows VALUES (1)");
  await client.query("COMMIT");
  const { rows: counted } = await client.query("SELECT count(*)::int AS n FROM rows");
  facts.own_connections_work = own && counted[0].n === 2;
  const took = now() - began;
  await client.query("DROP TABLE rows");
  if (!isThread) Object.assign(facts, await passSocket(client, peer));
  return { facts, took };
}

/** The socket itself can be passed; then two processes have one connection. */
async function passSocket(client, peer) {
  const { stream } = client.connection;
  try {
    await new Promise((resolve, reject) => {
      const failed = (why) => (why ? reject(why) : resolve());
      peer.worker.send({ socket: true }, stream, { keepOpen: true }, failed);
    });
  } catch (why) {
    return { socket: `refused: ${why.message}` };
  }
  const [{ has }] = await peer.next();
  if (!has) return { socket: "does not work" };
  // Whoever has a socket reads it: sooner or later the worker gets an answer that is the caller's.
  for (let query = 0; query < QUERIES; query++) {
    const mine = client.query("SELECT 'caller' AS who").then(({ rows }) => rows[0]?.who, (why) => why.message);
    const late = new Promise((resolve) => setTimeout(resolve, ASTRAY, "no answer"));
    if ((await Promise.race([mine, late])) !== "caller") return { socket: "passed", stream_damaged: true };
  }
  return { socket: "passed", stream_damaged: false };
}

/** What is left of a connection that was sent. */
const formOf = (value) =>
  Object.keys(value ?? {}).length === 0 ? "an empty object" : "an object without its methods";

const databaseWorkers = {
  async database(port) {
    for (;;) {
      const [{ connection, open }] = await port.next();
      if (!open) {
        const usable = typeof connection?.exec === "function";
        port.send({ usable, arrived: formOf(connection) });
        continue;
      }
      const engine = sqlite();
      const db = engine.open();
      insert(engine, db);
      db.close();
      port.send({ inserted: true });
    }
  },

  async "database-server"(port) {
    let passed;
    for (;;) {
      const [{ connection, open, socket }, handle] = await port.next();
      if (open) {
        const client = await connect();
        await client.query("BEGIN");
        await client.query("INSERT INTO rows VALUES (1)");
        await client.query("COMMIT");
        await client.end();
        port.send({ inserted: true });
      } else if (socket) {
        passed = handle;
        port.send({ has: Boolean(passed) });
      } else {
        const usable = typeof connection?.query === "function";
        port.send({ usable, arrived: formOf(connection) });
      }
    }
  },
};

module.exports = { database, databaseServer, databaseWorkers };
