/** GAS-1: the worst case of every entry point of IExchange fits one transaction; what a caller may ask too much of, it can ask less of. */
import { expect } from "chai";
import { IExchange__factory } from "../../types/ethers-contracts/index.ts";
import { createGasTable } from "../utils/gasTable.ts";
import { accountCases } from "./cases/account.ts";
import { administrationCases } from "./cases/administration.ts";
import { bookCases } from "./cases/book.ts";
import { clearingCases } from "./cases/clearing.ts";
import { deleverageCases } from "./cases/deleverage.ts";
import { orderCases } from "./cases/orders.ts";

describe("GAS-1: worst cases", () => {
  const table = createGasTable();
  bookCases(table);
  orderCases(table);
  clearingCases(table);
  deleverageCases(table);
  accountCases(table);
  administrationCases(table);

  // a suite of its own: mocha runs what stands beside the others before them
  describe("coverage", () => {
    it("every entry point has been measured", () => {
      const entries = IExchange__factory.createInterface()
        .fragments.filter((f) => f.type === "function")
        .map((f) => f as unknown as { name: string; stateMutability: string })
        .filter((f) => f.stateMutability !== "view")
        .map((f) => f.name);
      expect([...table.entries()].sort()).to.deep.equal(entries.sort());
    });
  });
  after(() => table.print());
});
