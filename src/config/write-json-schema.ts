/** Writes `config.schema.json`, for editors: `npm run build && node dist/config/write-json-schema.js` in the repository's root. */
import { writeFileSync } from "node:fs";
import { configSchemaJson } from "./json-schema.ts";

writeFileSync("config.schema.json", configSchemaJson());
