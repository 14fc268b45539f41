/** A situation of the set-up that goes wrong, and what a user reads then. */

/** Brings the situation about with real parts; the exit code and the text, on one line. */
export type Situation = () => Promise<{ code: number; text: string }>;

export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
