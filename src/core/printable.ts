/** Text that came from elsewhere, on its way to a terminal. */

/** What a terminal would obey instead of show; line ends stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** Returns the text with each control character as `\\u001b`. */
export const printable = (text: string): string =>
  text.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
