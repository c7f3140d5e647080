// A reporter: a line for each test that has run, its time in milliseconds and its name.
import { basename } from "node:path";

export default async function* times(source) {
  const suites = [];
  for await (const { type, data } of source) {
    if (type === "test:start") suites[data.nesting] = data.name;
    if ((type !== "test:pass" && type !== "test:fail") || data.details.type === "suite" || data.skip !== undefined) continue;
    const name = [...suites.slice(0, data.nesting), data.name].join(" ");
    yield `${data.details.duration_ms}\t${basename(data.file ?? "")}: ${name}\n`;
  }
}
