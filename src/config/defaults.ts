/** The configuration with every setting at its default, without stations and machines. */
import type { Config } from "./config.ts";
import { broker } from "./schema/broker.ts";
import { fileSchema } from "./schema.ts";

/** Returns the defaults as one configuration, for tools that need the shape of a site and none in particular. */
export const defaultConfig = (): Config => ({
  ...fileSchema.parse({}),
  mqtt: null,
  broker: broker.parse({}),
  stations: {},
  machines: {},
  files: [],
  warnings: [],
  notes: [],
  secrets: [],
});
