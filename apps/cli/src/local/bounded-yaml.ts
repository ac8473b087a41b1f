import { Lexer, isMap, isScalar, parseDocument, visit } from 'yaml';

/** More than any honest file has; beyond, the parser's time and stack grow out of hand. */
const LIMITS = { bytes: 1 << 20, aliases: 50, depth: 50, problems: 20 };
const TOO_DEEP = `it is nested too deeply (at most ${LIMITS.depth} levels)`;
/** Announces to the parser that the next token is the text of a scalar. */
const SCALAR_FOLLOWS = '\u001f';

/** What a YAML text says, or every reason why it says nothing. Bounded in time and memory, whatever the text. */
export function readYaml(text: string): { value: unknown } | { problems: string[] } {
  if (Buffer.byteLength(text) > LIMITS.bytes) return { problems: ['it is larger than 1 MiB'] };
  const excess = excessOf(text);
  if (excess !== null) return { problems: [excess] };
  try {
    // The parser compares every key with every other one; we look for repeated keys in one pass instead.
    const document = parseDocument(text, { prettyErrors: true, uniqueKeys: false });
    const problems = [...document.errors.map(({ message }) => firstLine(message)), ...repeatedKeys(document)];
    // Levels of dashes are not brackets; the parser says at each of them that its stack is full.
    if (problems.some((problem) => problem.includes('call stack'))) return { problems: [TOO_DEEP] };
    if (problems.length > 0) return { problems: problems.slice(0, LIMITS.problems) };
    return { value: document.toJS({ maxAliasCount: LIMITS.aliases }) as unknown };
  } catch (error) {
    return { problems: [error instanceof Error ? firstLine(error.message) : 'it is not YAML'] };
  }
}

/** Looks at the tokens alone, before anything is built from them. */
function excessOf(text: string): string | null {
  let [aliases, depth, isText] = [0, 0, false];
  for (const token of new Lexer().lex(text)) {
    if (isText) isText = false;
    else if (token === SCALAR_FOLLOWS) isText = true;
    else if (token.startsWith('*') || token.startsWith('&')) aliases += 1;
    else if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (aliases > LIMITS.aliases) return `it has more than ${LIMITS.aliases} anchors and aliases`;
    if (depth > LIMITS.depth) return TOO_DEEP;
  }
  return null;
}

function repeatedKeys(document: ReturnType<typeof parseDocument>): string[] {
  const repeated: string[] = [];
  visit(document, {
    Map(_, map) {
      if (!isMap(map)) return;
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name)) repeated.push(`the key "${String(name).slice(0, 100)}" stands twice`);
        seen.add(name);
      }
    },
  });
  return repeated;
}

const firstLine = (message: string): string => message.split('\n')[0]?.replace(/[:.]+$/, '') ?? message;
