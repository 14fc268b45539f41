/** Publishes an event of the policy for people. */
import { noticeOf, type RoomEvent } from "../../contract/journal.ts";
import type { Room } from "../service.ts";

/** Publishes the event on `notice`, dated with the wall clock. */
export function notice(room: Pick<Room, "clock" | "topics" | "publish">, event: RoomEvent): void {
  room.publish(room.topics.notice, {}, noticeOf(room.clock.wall() / 1000, event));
}
