/** Remembers the messages of agents, so that one which a bridge, a broker or a client repeats later is recognised. */
import { fingerprint } from "../../io/fingerprint.ts";

/** Each 30 s a status, and acknowledgements: more than eight hours of one agent. */
const mostTexts = 1_024;

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
