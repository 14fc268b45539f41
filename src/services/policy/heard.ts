/** Remembers the messages of agents, so that one which a bridge, a broker or a client repeats later is recognised. */
import { fingerprint } from "../../io/fingerprint.ts";

/** A status each 30 s, and acknowledgements: about two hours of one agent, and 30 kB. */
const mostTexts = 256;

/** The newest messages of each machine, as short hashes. */
export class HeardTexts {
  readonly #byMachine = new Map<string, Set<string>>();

  /** Whether this very message was taken before. A message with a time of its sender is unique; the same one again is a copy. */
  isRepeated(machine: string, message: { at?: number | undefined }): boolean {
    if (message.at === undefined) return false;
    const texts = this.#byMachine.get(machine) ?? new Set<string>();
    this.#byMachine.set(machine, texts);
    const hash = fingerprint(JSON.stringify(message));
    if (texts.has(hash)) return true;
    texts.add(hash);
    if (texts.size > mostTexts) texts.delete(texts.values().next().value as string);
    return false;
  }
}
