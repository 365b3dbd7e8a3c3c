/**
 * @generated SignedSource<<a060ea2fc87485c876ede3b2ecb7ed27>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type modelsQuery$variables = Record<PropertyKey, never>;
export type modelsQuery$data = {
  readonly models: ReadonlyArray<{
    readonly id: string;
  }> | null | undefined;
};
export type modelsQuery = {
  response: modelsQuery$data;
  variables: modelsQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "alias": null,
    "args": null,
    "concreteType": "Model",
    "kind": "LinkedField",
    "name": "models",
    "plural": true,
    "selections": [
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "id",
        "storageKey": null
      }
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": [],
    "kind": "Fragment",
    "metadata": null,
    "name": "modelsQuery",
    "selections": (v0/*:: as any*/),
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [],
    "kind": "Operation",
    "name": "modelsQuery",
    "selections": (v0/*:: as any*/)
  },
  "params": {
    "cacheID": "4aff0d37852b427667d51815bae0d400",
    "id": null,
    "metadata": {},
    "name": "modelsQuery",
    "operationKind": "query",
    "text": "query modelsQuery {\n  models {\n    id\n  }\n}\n"
  }
};
})();

(node as any).hash = "36e6c47d5121f7f40dbee42ca5a21a4b";

export default node;
