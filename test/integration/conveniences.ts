/** What an exchange has beyond orders: deposits by permit, batches, delegates, closing in one call. */
import { expect } from "chai";
import type { Signature } from "ethers";
import { ask, bid, cross, place, requestOf } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

describe("depositWithPermit", () => {
  const venue = useVenue({ traders: 2 });
  const newcomer = async () => {
    const v = venue();
    const signer = (await v.connection.ethers.getSigners())[12];
    if (!signer) throw new Error("the network has no account 12");
    await v.deployed.collateral.mint(signer.address, 100n * USD);
    return { signer, exchange: v.exchange.connect(signer) };
  };
  type Newcomer = Awaited<ReturnType<typeof newcomer>>;
  const sign = async ({ signer }: Newcomer, value: bigint, deadline: bigint): Promise<Signature> => {
    const v = venue();
    const { ethers } = v.connection;
    const domain = {
      name: "Mock USD",
      version: "1",
      chainId: (await ethers.provider.getNetwork()).chainId,
      verifyingContract: v.deployed.collateralAddress,
    };
    const types = {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    };
    const nonce = await v.deployed.collateral.nonces(signer.address);
    const message = { owner: signer.address, spender: v.deployed.exchangeAddress, value, nonce, deadline };
    return ethers.Signature.from(await signer.signTypedData(domain, types, message));
  };
  const later = async (seconds: number) => BigInt((await venue().connection.networkHelpers.time.latest()) + seconds);
  const insufficient = (call: Promise<unknown>) =>
    expect(call).to.be.revertedWithCustomError(venue().deployed.collateral, "ERC20InsufficientAllowance");

  it("opens the account and credits it, without an approval before", async () => {
    const v = venue();
    const n = await newcomer();
    const deadline = await later(100);
    const { v: y, r, s } = await sign(n, 40n * USD, deadline);
    await n.exchange.depositWithPermit(40n * USD, deadline, y, r, s, GAS);
    const account = await v.exchange.accountOf(n.signer.address);
    expect((await v.exchange.accountAt(account)).free).equal(40n * USD);
    expect(await v.deployed.collateral.allowance(n.signer.address, v.deployed.exchangeAddress)).equal(0n);
  });

  it("expired: nothing is approved, nothing is taken", async () => {
    const n = await newcomer();
    const deadline = await later(-1);
    const { v: y, r, s } = await sign(n, 40n * USD, deadline);
    await insufficient(n.exchange.depositWithPermit(40n * USD, deadline, y, r, s, GAS));
  });

  it("used by somebody else first: no obstacle; and it cannot be used again", async () => {
    const v = venue();
    const n = await newcomer();
    const deadline = await later(100);
    const { v: y, r, s } = await sign(n, 40n * USD, deadline);
    const { collateral, exchangeAddress } = v.deployed;
    await collateral
      .connect(trader(v, 0).signer)
      .permit(n.signer.address, exchangeAddress, 40n * USD, deadline, y, r, s);
    await n.exchange.depositWithPermit(40n * USD, deadline, y, r, s, GAS);
    await insufficient(n.exchange.depositWithPermit(40n * USD, deadline, y, r, s, GAS));
    expect(await collateral.balanceOf(n.signer.address)).equal(60n * USD);
  });

  it("somebody else's permit does not move the signer's money", async () => {
    const v = venue();
    const n = await newcomer();
    const deadline = await later(100);
    const { v: y, r, s } = await sign(n, 40n * USD, deadline);
    const thief = (await v.connection.ethers.getSigners())[13];
    if (!thief) throw new Error("the network has no account 13");
    await insufficient(v.exchange.connect(thief).depositWithPermit(40n * USD, deadline, y, r, s, GAS));
    expect(await v.deployed.collateral.balanceOf(n.signer.address)).equal(100n * USD);
  });
});

describe("multicall", () => {
  const venue = useVenue({ traders: 3 });
  const encode = () => venue().exchange.interface;

  it("makes the calls in order and returns what each returned", async () => {
    const v = venue();
    const t = trader(v, 0);
    await v.deployed.collateral.mint(t.address, 5n * USD);
    const x = encode();
    const calls = [
      x.encodeFunctionData("deposit", [5n * USD]),
      x.encodeFunctionData("placeOrder", [requestOf(bid(TICK, 200))]),
      x.encodeFunctionData("cancelAll", [1]),
    ];
    const results = await t.exchange.multicall.staticCall(calls, GAS);
    expect(x.decodeFunctionResult("deposit", results[0] ?? "0x")[0]).equal(BigInt(t.account));
    expect(x.decodeFunctionResult("placeOrder", results[1] ?? "0x")[0].orderId).not.equal(0n);
    expect(x.decodeFunctionResult("cancelAll", results[2] ?? "0x")[0]).equal(1n);
    const before = (await v.exchange.accountAt(t.account)).free;
    await t.exchange.multicall(calls, GAS);
    expect((await v.exchange.accountAt(t.account)).free).equal(before + 5n * USD);
  });

  it("all or nothing: the second one's error, and nothing of the first", async () => {
    const v = venue();
    const t = trader(v, 0);
    const x = encode();
    const calls = [
      x.encodeFunctionData("placeOrder", [requestOf(bid(TICK, 200))]),
      x.encodeFunctionData("withdraw", [2_000_000n * USD, t.address]),
    ];
    await expect(t.exchange.multicall(calls, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientFreeCollateral",
    );
    expect((await v.exchange.marketAt(1)).bestBid).equal(0n);
  });

  it("nothing in it: nothing happens; a batch in a batch is refused", async () => {
    const v = venue();
    const t = trader(v, 0);
    expect(await eventsOf(v, t.exchange.multicall([], GAS))).to.deep.equal([]);
    const inner = encode().encodeFunctionData("multicall", [[]]);
    await expect(t.exchange.multicall([inner], GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "ReentrancyGuardReentrantCall",
    );
  });

  it("value that nothing spends comes back", async () => {
    const v = venue();
    const t = trader(v, 0);
    const call = encode().encodeFunctionData("poke", [1]);
    await expect(t.exchange.multicall([call, call], { ...GAS, value: 10n ** 18n })).to.changeEtherBalance(
      v.connection.ethers,
      t.signer,
      0n,
    );
    expect(await v.connection.ethers.provider.getBalance(v.deployed.exchangeAddress)).equal(0n);
  });
});

describe("Delegates", () => {
  const venue = useVenue({ traders: 4 }, async (v) => {
    await trader(v, 0).exchange.setDelegate(trader(v, 1).address, true, GAS);
  });
  const owner = () => trader(venue(), 0);
  const delegate = () => trader(venue(), 1);
  const DELEGABLE = [
    "placeOrder",
    "placeOrders",
    "amendOrder",
    "closePosition",
    "cancelOrder",
    "cancelOrders",
    "cancelAll",
    "placeTrigger",
    "cancelTrigger",
    "addMargin",
    "removeMargin",
    "setLeverage",
    "updatePrice",
  ];

  it("may trade: all calls are the owner's, in one batch", async () => {
    const v = venue();
    const x = v.exchange.interface;
    await place(v, trader(v, 2), ask(TICK, 1_000, { leverage: 1 }));
    await place(v, trader(v, 2), bid(TICK - 10, 2_000, { leverage: 1 }));
    expect(await v.exchange.isDelegate(owner().account, delegate().address)).equal(true);
    const free = (await v.exchange.accountAt(delegate().account)).free;
    const calls = [
      x.encodeFunctionData("setLeverage", [1, 5]),
      x.encodeFunctionData("placeOrder", [requestOf(bid(TICK, 1_000, { ioc: true, leverage: 0 }))]),
      x.encodeFunctionData("addMargin", [1, 3n * USD]),
      x.encodeFunctionData("removeMargin", [1, 1n * USD]),
      x.encodeFunctionData("placeOrder", [requestOf(bid(TICK - 50, 500))]),
      x.encodeFunctionData("cancelAll", [1]),
    ];
    await delegate().exchange.tradeFor(owner().account, calls, GAS);
    const positions = await readPositions(v);
    expect([positions.get(owner().account)?.lots, positions.get(owner().account)?.margin]).to.deep.equal([
      1_000n,
      22n * USD,
    ]);
    expect(positions.get(delegate().account)).equal(undefined);
    expect((await v.exchange.accountAt(delegate().account)).free).equal(free);
    const { orderId } = await place(v, owner(), bid(TICK - 50, 500));
    await delegate().exchange.tradeFor(
      owner().account,
      [x.encodeFunctionData("cancelOrder", [1, orderId]), x.encodeFunctionData("closePosition", [1, TICK - 10, 8])],
      GAS,
    );
    expect((await readPositions(v)).get(owner().account)).equal(undefined);
  });

  it("no other function of the exchange, whatever it is", async () => {
    const v = venue();
    const refused: string[] = [];
    const allowed: string[] = [];
    const functions: { name: string; selector: string }[] = [];
    v.exchange.interface.forEachFunction((f) => functions.push(f));
    for (const f of functions) {
      const call = delegate().exchange.tradeFor.staticCall(owner().account, [f.selector], GAS);
      const error = await call.then(
        () => "",
        (e: unknown) => String(e),
      );
      (error.includes(`NotDelegable("${f.selector}")`) ? refused : allowed).push(f.name);
    }
    expect(allowed.sort()).to.deep.equal([...DELEGABLE].sort());
    for (const name of ["withdraw", "deposit", "setDelegate", "setTopUp", "topUp", "multicall", "tradeFor"]) {
      expect(refused).to.include(name);
    }
  });

  it("less than a selector is refused, too", async () => {
    for (const data of ["0x", "0x12", "0x123456"]) {
      await expect(delegate().exchange.tradeFor(owner().account, [data], GAS)).to.be.revertedWithCustomError(
        venue().exchange,
        "NotDelegable",
      );
    }
  });

  it("not for another account, not for none, not after it was revoked, and not the other way round", async () => {
    const v = venue();
    const call = [v.exchange.interface.encodeFunctionData("cancelAll", [1])];
    const tries = [
      [delegate(), trader(v, 2).account],
      [delegate(), 0],
      [delegate(), 2 ** 32 + owner().account],
      [owner(), delegate().account],
      [trader(v, 2), owner().account],
    ] as const;
    for (const [t, account] of tries) {
      await expect(t.exchange.tradeFor(account, call, GAS))
        .to.be.revertedWithCustomError(v.exchange, "NotDelegate")
        .withArgs(account, t.address);
    }
    await delegate().exchange.tradeFor(owner().account, call, GAS);
    const events = await eventsOf(v, owner().exchange.setDelegate(delegate().address, false, GAS));
    expect(named(events, "DelegateSet").map((e) => [e["account"], e["delegate"], e["allowed"]])).to.deep.equal([
      [BigInt(owner().account), delegate().address, false],
    ]);
    await expect(delegate().exchange.tradeFor(owner().account, call, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NotDelegate",
    );
  });

  it("after its batch, what it calls is its own again", async () => {
    const v = venue();
    const call = [v.exchange.interface.encodeFunctionData("setLeverage", [1, 7])];
    await delegate().exchange.tradeFor(owner().account, call, GAS);
    await delegate().exchange.setLeverage(1, 3, GAS);
    expect([
      await v.exchange.leverageAt(1, owner().account),
      await v.exchange.leverageAt(1, delegate().account),
    ]).to.deep.equal([7n, 3n]);
  });
});

describe("closePosition", () => {
  const venue = useVenue({ traders: 5 });
  const close = (i: number, limit: number, maxSteps = 8) =>
    trader(venue(), i).exchange.closePosition(1, limit, maxSteps, GAS);
  const lots = async (i: number) => (await readPositions(venue())).get(trader(venue(), i).account)?.lots ?? 0n;

  for (const isLong of [true, false]) {
    it(`a ${isLong ? "long" : "short"}, whole; it never flips, and needs no leverage setting`, async () => {
      const v = venue();
      await cross(v, trader(v, isLong ? 0 : 1), trader(v, isLong ? 1 : 0), { tick: TICK, lots: 1_000 });
      await place(v, trader(v, 2), { isBid: isLong, tick: TICK, lots: 5_000, leverage: 1 });
      const result = await trader(v, 0).exchange.closePosition.staticCall(1, TICK, 8, GAS);
      expect([result.orderId, result.filledLots, result.filledNotional, result.steps]).to.deep.equal([
        0n,
        1_000n,
        100n * USD,
        1n,
      ]);
      await close(0, TICK);
      expect(await lots(0)).equal(0n);
      expect((await v.exchange.levelAt(1, isLong, TICK)).lots).equal(4_000n);
    });
  }

  it("no position: NoPosition; no market: UnknownMarket", async () => {
    const v = venue();
    await expect(close(0, TICK))
      .to.be.revertedWithCustomError(v.exchange, "NoPosition")
      .withArgs(1, trader(v, 0).account);
    await expect(trader(v, 0).exchange.closePosition(7, TICK, 8, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "UnknownMarket",
    );
  });

  it("the limit holds: nothing worse is taken, and nothing of it rests", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000 });
    await place(v, trader(v, 2), bid(TICK - 20, 400, { leverage: 1 }));
    await place(v, trader(v, 2), bid(TICK - 21, 600, { leverage: 1 }));
    await close(0, TICK - 20);
    expect(await lots(0)).equal(600n);
    expect(Number((await v.exchange.marketAt(1)).bestAsk)).equal(0);
    await close(0, TICK - 20); // nothing there: not an error, nothing changes
    expect(await lots(0)).equal(600n);
    await close(0, TICK - 21);
    expect(await lots(0)).equal(0n);
  });

  it("dust under the minimum order can be closed", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000 });
    await place(v, trader(v, 2), bid(TICK, 999, { leverage: 1 }));
    await close(0, TICK);
    expect(await lots(0)).equal(1n);
    await setTick(v, TICK);
    await place(v, trader(v, 2), bid(TICK, 1_000, { leverage: 1 }));
    await close(0, TICK);
    expect(await lots(0)).equal(0n);
  });

  it("arguments out of range are named: a tick of 0, a step budget of 0 or above the cap", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000 });
    await expect(close(0, 0)).to.be.revertedWithCustomError(v.exchange, "InvalidTick").withArgs(0);
    await expect(close(0, TICK, 0))
      .to.be.revertedWithCustomError(v.exchange, "InvalidStepBudget")
      .withArgs(0, 64);
    await expect(close(0, TICK, 65))
      .to.be.revertedWithCustomError(v.exchange, "InvalidStepBudget")
      .withArgs(65, 64);
  });
});
