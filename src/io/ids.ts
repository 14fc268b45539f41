/** Numbers that rise over restarts: a block of them is reserved on disk before the first one of it is used. */
import { createDurable } from "./durable.ts";
import type { StateStore } from "./sqlite.ts";
import type { After } from "./timer.ts";

export interface Ids {
  /** Hands the next id to `use`, in the order of the calls; later, if the reservation is not on disk yet. */
  next(use: (id: number) => void): void;
  /** Ends the reservations; what still waits for one is not numbered any more. */
  close(): Promise<void>;
}

export interface IdsOptions {
  store: Pick<StateStore, "load" | "save">;
  /** Where the end of the reserved block is kept in the store. */
  key: string;
  /** Epoch milliseconds of now. */
  wall: number;
  /** Times the wait for the disk. */
  after: After;
  /** Ids of one block; 1 000 unless given. */
  block?: number;
}

/**
 * Starts a sequence of ids above all that an earlier process may have used, also after kill -9. It begins at the
 * epoch milliseconds of the start at least: the ids rise also where the disk lost the sequence or refuses to keep it.
 */
export function createIds(options: IdsOptions): Ids {
  const { store, key, wall, after, block = 1_000 } = options;
  const waiting: ((id: number) => void)[] = [];
  const durable = createDurable(store, key, { onAlarm: () => {}, after });
  let next = Math.floor(wall);
  let reserved = next;
  let isReserving = true;
  let closed = false;

  const drain = () => {
    while (next < reserved) {
      const use = waiting.shift();
      if (use === undefined) return;
      use(next++);
    }
    if (waiting.length > 0 && !isReserving) reserve();
  };
  const reserve = () => {
    if (closed) return;
    isReserving = true;
    const end = next + block;
    // If the disk refuses, the block is used all the same after half a second: people must see the event.
    durable.commit(String(end), () => {
      reserved = end;
      isReserving = false;
      drain();
    });
  };
  const begin = (text: string | null) => {
    const stored = Number(text ?? 0);
    if (Number.isSafeInteger(stored)) next = Math.max(next, stored);
    reserved = next;
    reserve();
  };
  durable.load().then(begin, () => begin(null));

  return {
    next(use) {
      if (closed) return;
      waiting.push(use);
      drain();
    },
    close() {
      closed = true;
      return durable.close();
    },
  };
}
