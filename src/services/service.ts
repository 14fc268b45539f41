/** What a room is: a name, the topics it reads and writes, and a start that answers how to stop. Building one does nothing. */
import type { TopicKey } from "../contract/topics.ts";
import type { RoomView, Supervised } from "../io/supervise.ts";

/** The house as one room sees it. Everything it took hold of there is let go when it stops. */
export type Room = RoomView;

/** A room that says which topics it reads and writes: from this come the map, the mirror's subscriptions and a test. */
export interface Service extends Supervised {
  /** It brings readings of stations: it may publish `data`, `part` and `source`. */
  readonly isSource?: boolean;
  readonly reads: readonly TopicKey[];
  readonly writes: readonly TopicKey[];
}
