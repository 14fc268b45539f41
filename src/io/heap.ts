/** How much memory the engine takes for what lives shortly. */
import v8 from "node:v8";

/**
 * From now on the young generation does not grow: 16 MB and more are left alone, and with thousands of stations 50 MB (measured).
 * To be called before anything is loaded, and again once a worker has started: that sets the engine's flags back. The flag that
 * limits the size itself is read before a program can set it.
 */
export const keepYoungSmall = () => v8.setFlagsFromString("--semi-space-growth-factor=1");
