// Where a browser's program is.
import { existsSync } from "node:fs";

export function program(variable, usual) {
  const path = process.env[variable] ?? usual;
  if (!existsSync(path)) {
    throw new Error(`no browser at ${path}: run "cargo xtask setup" or set ${variable}`);
  }
  return path;
}
