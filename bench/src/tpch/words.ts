/** The words TPC-H's columns are made of, by the names of its specification (revision 3, 4.2.2.13 and 4.2.3). */
const list = (text: string): readonly string[] => text.trim().split(/\s+/);
const lines = (text: string): readonly string[] => text.trim().split(/\s*,\s*/);

export const COLORS =
  list(`almond antique aquamarine azure beige bisque black blanched blue blush brown
  burlywood burnished chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger
  drab firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki
  lace lavender lawn lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin
  navajo navy olive orange orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal
  saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan thistle tomato turquoise violet
  wheat white yellow`);

export const TYPES = [
  list('STANDARD SMALL MEDIUM LARGE ECONOMY PROMO'),
  list('ANODIZED BURNISHED PLATED POLISHED BRUSHED'),
  list('TIN NICKEL BRASS STEEL COPPER'),
] as const;

export const CONTAINERS = [
  list('SM LG MED JUMBO WRAP'),
  list('CASE BOX BAG JAR PKG PACK CAN DRUM'),
] as const;

export const SEGMENTS = list('AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD');
export const PRIORITIES = lines('1-URGENT, 2-HIGH, 3-MEDIUM, 4-NOT SPECIFIED, 5-LOW');
export const INSTRUCTIONS = lines('DELIVER IN PERSON, COLLECT COD, NONE, TAKE BACK RETURN');
export const MODES = lines('REG AIR, AIR, RAIL, SHIP, TRUCK, MAIL, FOB');

export const REGIONS = lines('AFRICA, AMERICA, ASIA, EUROPE, MIDDLE EAST');

/** Name and region, in the order of their keys. */
export const NATIONS: readonly (readonly [string, number])[] =
  lines(`ALGERIA 0, ARGENTINA 1, BRAZIL 1,
  CANADA 1, EGYPT 4, ETHIOPIA 0, FRANCE 3, GERMANY 3, INDIA 2, INDONESIA 2, IRAN 4, IRAQ 4, JAPAN 2,
  JORDAN 4, KENYA 0, MOROCCO 0, MOZAMBIQUE 0, PERU 1, CHINA 2, ROMANIA 3, SAUDI ARABIA 4, VIETNAM 2,
  RUSSIA 3, UNITED KINGDOM 3, UNITED STATES 1`).map((s) => [s.slice(0, -2), Number(s.slice(-1))]);

const nouns = list(`foxes ideas theodolites pinto_beans instructions dependencies excuses platelets
  asymptotes courts dolphins multipliers sauternes warthogs frets dinos attainments somas Tiresias patterns
  forges braids hockey_players frays warhorses dugouts notornis epitaphs pearls tithes waters orbits gifts
  sheaves depths sentiments decoys realms pains grouches escapades`);
const verbs =
  list(`sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose
  sublate solve thrash promise engage hinder print x-ray breach eat grow impress mold poach serve run dazzle
  snooze doze unwind kindle play hang believe doubt`);
const adjectives =
  list(`furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged daring
  brave stealthy permanent enticing idle busy regular final ironic even bold silent special pending express
  unusual`);
const adverbs =
  list(`sometimes always never furiously slyly carefully blithely quickly fluffily slowly
  quietly ruthlessly thinly closely doggedly daringly bravely stealthily permanently enticingly idly busily
  regularly finally ironically evenly boldly silently`);
const prepositions =
  list(`about above according_to across after against along alongside_of among around at
  atop before behind beneath beside besides between beyond by despite during except for from in_place_of
  inside instead_of into near of on outside over past since through throughout to toward under until up upon
  without with within`);
const auxiliaries = list(`do may might shall will would can could should ought_to must will_have_to
  shall_have_to could_have_to should_have_to must_have_to need_to try_to`);
const terminators = list('. ; : ? ! --');

/** Words of each kind; a letter of a sentence's shape stands for one. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  N: nouns,
  V: verbs,
  J: adjectives,
  D: adverbs,
  P: prepositions,
  X: auxiliaries,
  T: terminators,
};

const sentences = ['n vT', 'n v pT', 'n v nT', 'n p v nT', 'n p v pT'];
const phrases: Readonly<Record<string, readonly string[]>> = {
  n: ['N', 'J N', 'J, J N', 'D J N'],
  v: ['V', 'X V', 'V D', 'X V D'],
  p: ['P the n'],
};

/** Text after the specification's grammar (4.2.2.14), at least `length` characters long. */
export function prose(next: () => number, length: number): string {
  const any = (from: readonly string[]) => from[Math.floor(next() * from.length)]!;
  const parts: string[] = [];
  for (let size = 0; size < length; ) {
    const shape = any(sentences)
      .replace(/[nvp]/g, (c) => any(phrases[c]!))
      .replaceAll('the n', () => `the ${any(phrases['n']!)}`);
    const text = shape.replace(/[NVJDPXT]/g, (c) => any(kinds[c]!)).replaceAll('_', ' ');
    parts.push(text);
    size += text.length + 1;
  }
  return parts.join(' ');
}
