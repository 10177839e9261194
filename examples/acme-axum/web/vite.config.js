// The pages of the server allow no inline code, and Vite writes none: everything is a file of its own.
export default {
  base: "/app/",
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false } },
};
