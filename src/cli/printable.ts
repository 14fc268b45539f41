/** Text that came from elsewhere, on its way to a terminal. */
import type { CommandIo } from "./command.ts";

/** What a terminal would obey instead of show; line ends stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** The text with each control character as `\\u001b`. */
export const printable = (text: string): string =>
  text.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The process with a terminal that foreign bytes cannot steer. */
export const printing = (io: CommandIo): CommandIo => ({
  ...io,
  out: (text) => io.out(printable(text)),
  err: (text) => io.err(printable(text)),
});
