// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IExchange} from "../interfaces/IExchange.sol";

/**
 * The insurance fund: an ERC-4626 vault whose assets are its claim in the exchange. Stakers earn the fund's share of fees and bear
 * what it pays for bankrupt positions. The exchange moves the claim inside its own ledger, so paying cover cannot fail.
 *
 * SHARE PRICE. Tokens sent to this contract count for nothing; virtual shares (offset 6) make inflating the first share useless.
 *
 * WITHDRAWALS. Shares must be announced with `requestRedeem` and can be redeemed within a window after the cooldown. Shares that were
 * transferred away are no longer announced.
 *
 * NOBODY LEAVES AHEAD OF A LOSS. While a market is insolvent, or has open interest and no price, what it may still draw today stays
 * in the fund (see HoldBack), and as long as anything stays, `redeem` and `withdraw` are closed: at the full share price, whoever left
 * would leave his part of the loss to the others. Who will not wait can use `redeemEarly`, at the share price that remains if all of
 * it is lost; then his part stays with the others, whether it is lost or not. The price is the same however a redemption is split.
 *
 * NOBODY IS LOCKED IN. A market with a price is cleared by anyone at once (also in the transaction that redeems); what is not cleared,
 * and what has no price, holds back for at most a day after `poke` or a redemption first found it so.
 */
contract InsuranceFund is ERC4626 {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// An announced withdrawal.
    struct Request {
        uint192 shares;
        uint64 redeemableFrom; // Unix seconds
    }

    /// @notice More shares were announced than the account holds.
    error InsufficientShares(uint256 balance, uint256 requested);
    /// @notice More shares than are announced, cooled down and in the window.
    error NotRedeemable(address owner, uint256 shares, uint256 redeemable);
    /// @notice The shares are worth less now than the caller would accept, quote atoms.
    error BelowMinimum(uint256 assets, uint256 minAssets);

    event RedeemRequested(address indexed owner, uint256 shares, uint256 redeemableFrom);

    uint256 public constant COOLDOWN = 3 days;
    uint256 public constant WINDOW = 2 days;

    IExchange public immutable exchange;
    mapping(address owner => Request) public requests;

    constructor(
        IExchange exchange_
    ) ERC4626(IERC20(exchange_.collateral())) ERC20("Plimsoll Insurance Fund", "plimIF") {
        exchange = exchange_;
        IERC20(asset()).forceApprove(address(exchange_), type(uint256).max);
    }

    /// @notice Announces that the caller may redeem up to `shares` after the cooldown. Replaces an earlier request.
    function requestRedeem(uint256 shares) external {
        if (shares > balanceOf(msg.sender)) revert InsufficientShares(balanceOf(msg.sender), shares);
        uint256 from = block.timestamp + COOLDOWN;
        requests[msg.sender] = Request(shares.toUint192(), uint64(from));
        emit RedeemRequested(msg.sender, shares, from);
    }

    /// @notice The fund's claim in the exchange, quote atoms.
    function totalAssets() public view override returns (uint256) {
        return exchange.insuranceBalance();
    }

    /// @notice Brings every market up to date, and starts the clock of those that hold something back. Anyone may call it.
    function poke() external {
        exchange.withdrawInsurance(0, _msgSender());
    }

    /**
     * @notice Redeems shares although the fund holds something back, at the price that remains if all of it is lost.
     * With nothing held back it is the full price.
     * Requirements: announced, cooled down and in the window; worth at least `minAssets`.
     * @param minAssets Least that the caller accepts, quote atoms: a market can become insolvent just before.
     * @return assets Quote atoms paid to `receiver`.
     */
    function redeemEarly(
        uint256 shares,
        uint256 minAssets,
        address receiver,
        address owner
    ) external returns (uint256 assets) {
        uint256 redeemable = redeemableShares(owner);
        if (shares > redeemable) revert NotRedeemable(owner, shares, redeemable);
        assets = previewRedeemEarly(shares);
        if (assets < minAssets) revert BelowMinimum(assets, minAssets);
        _withdraw(_msgSender(), receiver, owner, assets, shares);
    }

    /// @notice What `redeemEarly` would pay for shares now, quote atoms, rounded down.
    function previewRedeemEarly(uint256 shares) public view returns (uint256) {
        return Math.mulDiv(shares, exchange.withdrawableInsurance() + 1, totalSupply() + 10 ** _decimalsOffset());
    }

    /// @notice Shares of the owner that are announced, cooled down and in the window.
    function redeemableShares(address owner) public view returns (uint256) {
        Request memory r = requests[owner];
        if (block.timestamp < r.redeemableFrom || block.timestamp > r.redeemableFrom + WINDOW) return 0;
        return Math.min(r.shares, balanceOf(owner));
    }

    /// @notice Shares the owner may redeem now at the full price; 0 while the fund holds anything back.
    function maxRedeem(address owner) public view override returns (uint256) {
        uint256 shares = redeemableShares(owner);
        return shares != 0 && exchange.withdrawableInsurance() == totalAssets() ? shares : 0;
    }

    /// @notice Assets the owner may withdraw now, quote atoms; 0 while the fund holds anything back.
    function maxWithdraw(address owner) public view override returns (uint256) {
        return _convertToAssets(maxRedeem(owner), Math.Rounding.Floor);
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        IERC20(asset()).safeTransferFrom(caller, address(this), assets);
        exchange.depositInsurance(assets);
        _mint(receiver, shares);
        emit Deposit(caller, receiver, assets, shares);
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner,
        uint256 assets,
        uint256 shares
    ) internal override {
        if (caller != owner) _spendAllowance(owner, caller, shares);
        requests[owner].shares -= uint192(shares); // at most the request, by redeemableShares
        _burn(owner, shares);
        emit Withdraw(caller, receiver, owner, assets, shares);
        exchange.withdrawInsurance(assets, receiver);
    }

    /// @dev Shares that leave take their announcement with them: only what was held throughout the cooldown can be redeemed.
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0)) return;
        uint256 balance = balanceOf(from);
        if (requests[from].shares > balance) requests[from].shares = uint192(balance);
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return 6;
    }
}
