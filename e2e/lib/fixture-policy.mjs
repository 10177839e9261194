// What guard is told about the fixture.

export const fixturePolicy = '';
