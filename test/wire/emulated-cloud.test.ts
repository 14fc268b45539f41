/** The emulated cloud against a client made by hand: what it refuses, and what it answers when all is right. */
import { door } from "./cloud-door.ts";
import { faults } from "./cloud-faults.ts";
import { heard } from "./cloud-heard.ts";
import { useCloud } from "./cloud-house.ts";
import { requests } from "./cloud-requests.ts";
import { signatures } from "./cloud-signatures.ts";

useCloud();
signatures();
requests();
door();
heard();
faults();
