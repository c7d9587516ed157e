/**
 * The fixtures of others as raw messages: transcripts, single messages, packed sessions. Found only
 * through TOUCHLINE_RECORDINGS; none of them is in the repository.
 *
 *   jkorf        `> ` sent, `< ` acknowledged, `=` data; or method, path, flag and a REST body
 *   others .json one message, or a recording around it
 *   hl-sdk .yaml HTTP sessions: the bodies of the answers
 *
 * @module
 */

/** Where recordings are; undefined: tests that need them are left out. */
export const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");

/** One raw message of a fixture. */
export interface FixtureMessage {
  /** `rest`: the body of an answer over HTTP. */
  readonly source: "ws" | "rest";
  readonly text: string;
}

/** One file with its messages. */
export interface Fixture {
  /** Folder and file below the venue's own folder, without the file's kind. */
  readonly id: string;
  readonly messages: readonly FixtureMessage[];
}

/** Every fixture below the folders of one venue, in the order of their names. */
export function fixturesOf(folders: readonly string[]): Fixture[] {
  return folders.flatMap((folder) =>
    filesBelow(`${RECORDINGS}/fixtures/${folder}`).map((path) => {
      const id = path.slice(`${RECORDINGS}/fixtures/`.length).replace(/\.[a-z]+$/, "");
      return { id, messages: messagesOf(path, Deno.readTextFileSync(path)) };
    })
  );
}

function filesBelow(folder: string): string[] {
  const entries = [...Deno.readDirSync(folder)].toSorted((a, b) => a.name < b.name ? -1 : 1);
  return entries.flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

function messagesOf(path: string, text: string): FixtureMessage[] {
  if (path.endsWith(".yaml")) return cassetteBodies(text).map(restMessage);
  if (path.endsWith(".json")) {
    return [{ source: path.includes("/http_") ? "rest" : "ws", text: text.trim() }];
  }
  if (/^(GET|POST|PUT|DELETE)\s/.test(text)) {
    return [restMessage(text.split("\n").slice(3).join("\n").trim())];
  }
  return transcriptMessages(text);
}

function restMessage(text: string): FixtureMessage {
  return { source: "rest", text };
}

/** What was received; `|id|` and `|1|` stand for the number of a request. */
function transcriptMessages(text: string): FixtureMessage[] {
  const blocks = text.split(/^(?=[<>=])/m).filter((block) => /^[<=]/.test(block));
  return blocks.map((block) => ({
    source: "ws",
    text: block.replace(/^[<=]\d*/, "").replaceAll(/:\s*\|\w+\|/g, ":1").trim(),
  }));
}

/** Bodies of answers in a recorded HTTP session: `string:` with JSON behind it. */
function cassetteBodies(text: string): string[] {
  const answers = text.split(/^ {4}body:$|^ {6}body:$/m);
  return answers.flatMap((answer) => {
    const found = /^\s+string: '((?:[^']|'')*)'/m.exec(answer);
    return found === null ? [] : [found[1]!.replaceAll("''", "'").replaceAll(/\n\s+/g, " ")];
  });
}
