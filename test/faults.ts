/** Disks that hang, fail or heal at the test's word, around a real store. */
import type { StateStore } from "../src/io/sqlite.ts";

export interface FaultyStore extends StateStore {
  /** `hang`: nothing is answered until another mood; `fail`: writes reject, as on a full disk. */
  mood: "well" | "hang" | "fail";
  /** Every text that was asked to be saved, in order. */
  readonly asked: string[];
}

/** What hung meanwhile is done as soon as the mood is `well` again. */
export function faultyStore(store: StateStore): FaultyStore {
  let mood: FaultyStore["mood"] = "well";
  let waiting: (() => void)[] = [];
  const asked: string[] = [];
  const write = async (texts: readonly string[], work: () => Promise<void>) => {
    asked.push(...texts);
    if (mood === "hang") await new Promise<void>((resolve) => waiting.push(resolve));
    if (mood === "fail") throw new Error("no space left on the disk");
    await work();
  };
  return {
    asked,
    setAside: store.setAside,
    get mood() {
      return mood;
    },
    set mood(next) {
      mood = next;
      if (next === "hang") return;
      const ready = waiting;
      waiting = [];
      for (const go of ready) go();
    },
    load: (key) => store.load(key),
    save: (key, text) => write([text], () => store.save(key, text)),
    saveAll: (entries) => write(Object.values(entries), () => store.saveAll(entries)),
    close: () => store.close(),
  };
}
