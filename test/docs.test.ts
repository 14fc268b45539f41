/** Generated pages are fresh; `npm run docs` writes them. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { settingsPage } from "./docs/settings.ts";
import { topicsPage } from "./docs/topics.ts";

const pages: Record<string, () => string> = {
  "docs/settings.md": settingsPage,
  "docs/topics.md": topicsPage,
};

for (const [file, page] of Object.entries(pages)) {
  it(`${file} says what the code says (npm run docs)`, () => {
    if (process.env["UPDATE_DOCS"]) writeFileSync(file, page());
    expect(readFileSync(file, "utf8")).toBe(page());
  });
}

it("the worked signature is what openssl computes", () => {
  // `printf %s '<text>' | openssl dgst -sha256 -hmac 'correct horse battery staple'`, run once by hand.
  const page = readFileSync("docs/topics.md", "utf8");
  expect(page).toContain("982ca436a052d9e4638a2085281890b355b6c94cd2183ac44c33e7408fd2c44b");
  expect(page).toContain("6ab4c995c44a95d6a9e609a318c7011bae24bb170920d6207f91b9b0e493dbdd");
});
