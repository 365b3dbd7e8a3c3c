// The tabs for pictures and sounds among those that GraphiQL opens with. Data only.
import { type GraphiQLTab, writeVariables } from "./chat-tabs.ts";
import { spokenHi } from "./spoken-hi.ts";

/** A 16 by 16 RGBA image, inline so that the tabs run before a file is chosen. */
const squarePng =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAOklEQVR42mMQyNv3nxLMQDMD/u+QQcFEG4CukZBBDKRoxmYI9QwgVjO6IcPJgIGPBaokJKokZbrnRgCaS30v3zaKNgAAAABJRU5ErkJggg==";
/** Pictures made, changed and varied; a text read aloud, and written down again. */
export const mediaTabs: readonly GraphiQLTab[] = [
  {
    query: `# A picture by a prompt. It is shown beside its url.
mutation ImageGenerations($prompt: String!) {
  imageGenerations(
    input: {
      model: "gpt-image-1"
      prompt: $prompt
      size: "1024x1024"
    }
  ) {
    data {
      url
    }
  }
}
`,
    variables: writeVariables({ prompt: "A red lighthouse in a blue sea" }),
  },
  {
    query: `# The picture as it is made. Each event shows a
# better one; the last is finished.
subscription ImageStream($prompt: String!) {
  imageGenerations(
    input: {
      model: "gpt-image-1"
      prompt: $prompt
      size: "1024x1024"
      partialImages: 3
    }
  ) {
    isPartial
    image {
      url
    }
  }
}
`,
    variables: writeVariables({ prompt: "A green hill under a yellow sun" }),
  },
  {
    query: `# Changes pictures. Put the url of another tab's
# answer into images, or choose files with the clip.
mutation ImageEdits(
  $images: [Upload!]!
  $prompt: String!
) {
  imageEdits(
    input: {
      model: "gpt-image-1"
      images: $images
      prompt: $prompt
    }
  ) {
    data {
      url
    }
  }
}
`,
    variables: writeVariables({ prompt: "Make it night", images: [squarePng] }),
  },
  {
    query: `# Variations of a square picture, here a data: URL.
# The clip on the left takes a file instead.
mutation ImageVariations($image: Upload!) {
  imageVariations(
    input: {
      image: $image
      model: "dall-e-2"
      n: 2
      size: "256x256"
    }
  ) {
    data {
      url
    }
  }
}
`,
    variables: writeVariables({ image: squarePng }),
  },
  {
    query: `# Reads a text aloud. Press play beside the answer.
mutation Speak($text: String!) {
  speak(
    input: {
      model: "gpt-4o-mini-tts"
      voice: "alloy"
      input: $text
    }
  ) {
    url
    contentType
    duration
  }
}
`,
    variables: writeVariables({ text: "Hello from the lighthouse." }),
  },
  {
    query: `# Writes down what is said. Put the url of Speak's
# answer into file, or choose one with the clip.
mutation Transcribe($file: Upload!) {
  transcribe(
    input: {
      model: "gpt-4o-mini-transcribe"
      file: $file
    }
  ) {
    text
  }
}
`,
    variables: writeVariables({ file: spokenHi }),
  },
];
