// Owns how the sandbox judges a text: by the words in it. A word that is on no list is harmless to it.

/** The beginnings of words that count for each category. A longer name also needs a word of its shorter one. */
const beginnings = {
  harassment: ["idiot", "stupid", "moron", "loser", "pathetic", "shut up", "bully"],
  "harassment/threatening": ["hurt you", "kill you", "find you", "beat you", "kill them"],
  hate: ["hate", "vermin", "subhuman", "inferior race"],
  "hate/threatening": ["exterminat", "wipe them out", "burn them"],
  illicit: ["steal", "shoplift", "counterfeit", "launder", "cocaine", "hack into", "pick a lock"],
  "illicit/violent": ["bomb", "explosive", "silencer", "untraceable gun"],
  "self-harm": ["suicid", "self-harm", "cut myself", "hurt myself", "kill myself", "end my life"],
  "self-harm/intent": ["i want to die", "kill myself", "end my life", "hurt myself"],
  "self-harm/instructions": ["how to kill myself", "ways to die", "how to end my life"],
  sexual: ["porn", "erotic", "nude", "explicit sex"],
  "sexual/minors": ["child porn", "underage sex"],
  violence: ["kill", "murder", "stab", "shoot", "attack", "bomb", "punch"],
  "violence/graphic": ["gore", "dismember", "behead", "bloodbath", "mutilat"],
} as const;

export type Category = keyof typeof beginnings;

/** All categories, in OpenAI's order. */
export const categories = Object.keys(beginnings) as Category[];

/** The categories in which OpenAI's model looks at images as well. */
const ofImages: ReadonlySet<Category> = new Set<Category>([
  ...(["self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "violence", "violence/graphic"] as const),
]);

/** Whether the model looks at images for the category. */
export function looksAtImages(category: Category): boolean {
  return ofImages.has(category);
}

/** How sure the sandbox is that the category applies, 0 to 1: halfway nearer with each word. */
export function scoreOf(text: string, category: Category): number {
  const words = ` ${text.toLowerCase().replace(/\s+/g, " ")}`;
  let hits = 0;
  for (const beginning of beginnings[category]) {
    for (let place = words.indexOf(beginning); place >= 0; place = words.indexOf(beginning, place + 1)) {
      if (!/[\p{L}\p{N}]/u.test(words[place - 1] ?? "")) hits++;
    }
  }
  return 1 - 0.5 ** hits;
}
