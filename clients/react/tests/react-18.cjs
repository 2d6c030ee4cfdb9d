// `node --require ./tests/react-18.cjs --test …`: the same tests on the oldest React that the package is for.

const Module = /** @type {any} */ (require("node:module"));

const OLD = /^react(-dom)?(?=$|\/)/;
const resolve = Module._resolveFilename;

// React's own halves ask for one another by `require`, the package and the tests by `import`.
Module._resolveFilename = function resolveFilename(/** @type {string} */ request, /** @type {unknown[]} */ ...rest) {
  return resolve.call(this, request.replace(OLD, "$&-18"), ...rest);
};

const hooks = `
  const OLD = ${OLD};
  export const resolve = (specifier, context, next) => next(specifier.replace(OLD, "$&-18"), context);
`;
Module.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
