/** The text of `--help`, made from a command's table. */

/** An option: with `value` it takes one, of that name in the help; without it is a switch. */
export interface Option {
  about: string;
  value?: string;
  /** May be given more than once. */
  isList?: true;
}

export type Options = Readonly<Record<string, Option>>;

/** Everything about a command that help, parsing and the list of commands need. */
export interface Table<O extends Options = Options> {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What follows the name, one line each form; left out: made from words and options. */
  usage?: readonly string[];
  about: string;
  /** What the words are that are no options; a name in brackets may be left out. */
  words?: Readonly<Record<string, string>>;
  options: O;
  examples?: readonly string[];
  /** Remarks below the options, exit codes last. */
  more?: string;
}

const width = 116;

/** Help with usage, meaning, words, options, examples and remarks. */
export function helpOf({ name, usage, about, words = {}, options, examples = [], more }: Table): string {
  const forms = usage ?? [[...Object.keys(words), ...Object.entries(options).map(briefly)].join(" ")];
  const [first, ...rest] = forms.map((form) => `ecoflow-power ${name} ${form}`.trimEnd());
  const rows = [
    ...Object.entries(words).map(([word, text]): Row => [word.replace(/[[\]]/g, ""), text]),
    ...Object.entries(options).map(([key, option]): Row => [withValue(key, option), option.about]),
    ["--help", "this text"] satisfies Row,
  ];
  const column = Math.max(...rows.map(([left]) => left.length)) + 4;
  const parts = [
    [`Usage: ${first}`, ...rest.map((form) => `       ${form}`)],
    filled(about, width),
    rows.flatMap(([left, text]) => row(left, text, column)),
    examples.length === 0
      ? []
      : ["Examples:", ...examples.map((example) => `  ecoflow-power ${name} ${example}`.trimEnd())],
    more === undefined ? [] : filled(more, width),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

type Row = [left: string, text: string];

const withValue = (key: string, { value }: Option) => `--${key}${value === undefined ? "" : ` ${value}`}`;
const briefly = ([key, option]: [string, Option]) => `[${withValue(key, option)}]${option.isList ? "…" : ""}`;

function row(left: string, text: string, column: number): string[] {
  return filled(text, width - column).map((line, index) =>
    `${index === 0 ? `  ${left}` : ""}`.padEnd(column).concat(line),
  );
}

/** Lines of a text; a line that begins with a space stays as it is. */
const filled = (text: string, columns: number): string[] =>
  text.split("\n").flatMap((line) => (line.startsWith(" ") || line === "" ? [line] : wrapped(line, columns)));

/** Lines of at most `columns`; a longer word has a line of its own. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
