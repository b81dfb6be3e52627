import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * The exchange with its libraries, the lens and the insurance fund. Collateral and feeds are parameters: on a local chain the deploy
 * script brings mocks, elsewhere the real ones.
 */
export default buildModule("Plimsoll", (m) => {
  const collateral = m.getParameter<string>("collateral");
  const administrator = m.getParameter<string>("administrator", m.getAccount(0) as unknown as string);

  const book = { ImpactSearch: m.library("ImpactSearch") };
  const trading = m.library("Trading", {
    libraries: { ...book, SelfTrades: m.library("SelfTrades", { libraries: book }) },
  });
  const liquidation = m.library("Liquidation", { libraries: book });
  const sweep = m.library("Sweep", { libraries: book });
  const libraries = {
    ...book,
    Trading: trading,
    OrderAdmin: m.library("OrderAdmin", { libraries: { ...book, Trading: trading } }),
    Triggers: m.library("Triggers", { libraries: { Trading: trading } }),
    MarginDesk: m.library("MarginDesk", { libraries: book }),
    Liquidation: liquidation,
    Preventive: m.library("Preventive", { libraries: { ...book, Liquidation: liquidation } }),
    AutoDeleverage: m.library("AutoDeleverage", {
      libraries: { ...book, Sweep: sweep, Waterfill: m.library("Waterfill") },
    }),
    Vault: m.library("Vault", { libraries: book }),
    Listing: m.library("Listing", { libraries: book }),
    Retirement: m.library("Retirement", { libraries: book }),
    StateViews: m.library("StateViews"),
  };
  const exchange = m.contract("Exchange", [collateral, administrator], { libraries });
  const insuranceFund = m.contract("InsuranceFund", [exchange]);
  const lens = m.contract("Lens", [exchange]);
  m.call(exchange, "setInsuranceFund", [insuranceFund]);
  return { exchange, insuranceFund, lens };
});
