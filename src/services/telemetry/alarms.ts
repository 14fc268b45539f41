/** Publishes telemetry's events; an alarm about one subject at most once an hour, because its cause repeats each few seconds. */
import { noticeOf, type RoomEvent } from "../../contract/journal.ts";
import type { Instant } from "../../core/reading.ts";
import type { Room } from "../service.ts";

/** The shortest time between two alarms about the same foreign publisher (S27). */
const alarmEveryMs = 3_600_000;

export class Alarms {
  readonly #room: Room;
  readonly #raisedAt = new Map<string, Instant>();

  constructor(room: Room) {
    this.#room = room;
  }

  report(event: RoomEvent, wall: number): void {
    this.#room.publish(this.#room.topics.notice, {}, noticeOf(wall / 1000, event));
  }

  /** Raises an alarm at most once an hour for each subject. */
  raise(subject: string, alarm: RoomEvent, at: Instant, wall: number): void {
    if (at - (this.#raisedAt.get(subject) ?? Number.NEGATIVE_INFINITY) < alarmEveryMs) return;
    this.#raisedAt.set(subject, at);
    this.report(alarm, wall);
  }
}
