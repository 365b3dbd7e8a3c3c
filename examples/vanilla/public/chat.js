// The conversation: sends all of it with each message, shows the answer as it comes, and stops it.
import { explain } from "./errors.js";
import { request, streamByEventSource, streamByFetch } from "./graphql.js";

const MODELS = /* GraphQL */ `
  query Models {
    models {
      id
    }
  }
`;

const CHAT = /* GraphQL */ `
  subscription Chat($input: ChatInput!) {
    chat(input: $input) {
      text
      choices {
        finishReason
        delta {
          refusal
        }
      }
    }
  }
`;

/** @typedef {{ role: "USER" | "ASSISTANT", content: string }} Message */
/** @typedef {{ finishReason: string | null, delta: { refusal: string | null } }} Choice */
/** @typedef {{ chat: { text: string | null, choices: Choice[] } }} ChatData */

/** @template {HTMLElement} E @param {string} id @param {new () => E} type @returns {E} */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`There is no ${type.name} "${id}".`);
  return found;
}

const form = element("chat", HTMLFormElement);
const prompt = element("prompt", HTMLTextAreaElement);
const model = element("model", HTMLSelectElement);
const transport = element("transport", HTMLSelectElement);
const conversation = element("conversation", HTMLElement);
const send = element("send", HTMLButtonElement);
const stop = element("stop", HTMLButtonElement);

/** What has been said, without answers that failed. @type {Message[]} */
let messages = [];

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = prompt.value;
  prompt.value = "";
  await ask(question);
});

prompt.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!send.hidden) form.requestSubmit();
});

/** @param {string} question */
async function ask(question) {
  /** @type {Message[]} */
  const asked = [...messages, { role: "USER", content: question }];
  show("user", question);
  const answer = show("assistant", "");
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  stop.addEventListener("click", leave);
  setBusy(true);
  try {
    const stream = transport.value === "fetch" ? streamByFetch : streamByEventSource;
    let text = "";
    let finishReason = "";
    await stream(
      CHAT,
      { input: { model: model.value, messages: asked } },
      leaving.signal,
      /** @param {ChatData} data */ ({ chat }) => {
        text += chat.text ?? chat.choices[0]?.delta.refusal ?? "";
        finishReason = chat.choices[0]?.finishReason ?? finishReason;
        answer.textContent = text;
        answer.scrollIntoView({ block: "end" });
      },
    );
    if (finishReason === "LENGTH") show("note", "The answer was cut off at its token limit.");
    if (finishReason === "CONTENT_FILTER") show("note", "A content filter left something out.");
    messages = [...asked, { role: "ASSISTANT", content: text }];
  } catch (error) {
    const again = Object.assign(document.createElement("button"), { textContent: "Try again" });
    again.addEventListener("click", () => ask(question));
    show("note", explain(error)).append(again);
  } finally {
    stop.removeEventListener("click", leave);
    setBusy(false);
  }
}

/** @param {"user" | "assistant" | "note"} kind @param {string} text @returns {HTMLElement} its paragraph */
function show(kind, text) {
  const paragraph = document.createElement("p");
  paragraph.className = kind;
  paragraph.textContent = text;
  conversation.append(paragraph);
  paragraph.scrollIntoView({ block: "end" });
  return paragraph;
}

/** @param {boolean} isBusy */
function setBusy(isBusy) {
  stop.hidden = !isBusy;
  send.hidden = isBusy;
  conversation.ariaBusy = String(isBusy);
  for (const again of conversation.querySelectorAll("button")) again.disabled = isBusy;
}

try {
  /** @type {{ models: { id: string }[] }} */
  const { models } = await request(MODELS);
  model.replaceChildren(...models.map(({ id }) => new Option(id)));
} catch (error) {
  show("note", explain(error));
}
