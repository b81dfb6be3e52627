// Runs before every install. Under an older Node, npm silently leaves out Hardhat's native package, and everything fails much later
// with a message about a missing binding (HHE27): better to stop here and say what to do.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `Plimsoll needs Node 24 or newer; this is ${process.version}. Without changing the system's Node:\n` +
      "  npx -y -p node@24 -c 'npm ci && npm test'",
  );
  process.exit(1);
}
