/** A terminal that foreign bytes cannot steer. */
import { printable } from "../core/printable.ts";
import type { CommandIo } from "./command.ts";

/** Returns the process with such a terminal. */
export const printing = (io: CommandIo): CommandIo => ({
  ...io,
  out: (text) => io.out(printable(text)),
  err: (text) => io.err(printable(text)),
});
