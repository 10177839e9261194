// What guard is told about the example.

export const acmePolicy = '';
