import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * The exchange with its libraries, the lens and the insurance fund. Collateral and feeds are parameters: on a local chain the deploy
 * script brings mocks, elsewhere the real ones.
 */
export default buildModule("Plimsoll", (m) => {
  const collateral = m.getParameter<string>("collateral");
  const administrator = m.getParameter<string>("administrator", m.getAccount(0) as unknown as string);

  const liquidation = m.library("Liquidation");
  const libraries = {
    Trading: m.library("Trading"),
    MarginDesk: m.library("MarginDesk"),
    Liquidation: liquidation,
    Preventive: m.library("Preventive", { libraries: { Liquidation: liquidation } }),
    AutoDeleverage: m.library("AutoDeleverage", { libraries: { Sweep: m.library("Sweep"), Waterfill: m.library("Waterfill") },
    }),
    Vault: m.library("Vault"),
    Listing: m.library("Listing"),
    Retirement: m.library("Retirement"),
    StateViews: m.library("StateViews"),
  };
  const exchange = m.contract("Exchange", [collateral, administrator], { libraries });
  const insuranceFund = m.contract("InsuranceFund", [exchange]);
  const lens = m.contract("Lens", [exchange]);
  m.call(exchange, "setInsuranceFund", [insuranceFund]);
  return { exchange, insuranceFund, lens };
});
