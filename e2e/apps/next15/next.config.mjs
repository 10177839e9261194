export default { reactStrictMode: true, outputFileTracingRoot: import.meta.dirname };
