/** A room: a name, the topics that it reads and writes, and a `start` that returns how to stop. Building one does nothing. */
import type { TopicKey } from "../contract/topics.ts";
import type { RoomView, Supervised } from "../io/supervise.ts";

/** What a room gets to work with. Its subscriptions end when it stops. */
export type Room = RoomView;

/** A room with its topics. The map, the mirror's subscriptions and a test are made from them. */
export interface Service extends Supervised {
  /** It brings readings of stations: it may publish `data`, `part` and `source`. */
  readonly isSource?: boolean;
  readonly reads: readonly TopicKey[];
  readonly writes: readonly TopicKey[];
}
