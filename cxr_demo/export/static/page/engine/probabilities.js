// From logits to what is said. Twin of `networks.classifier` and `networks.standing`; ensembles are joined in their graph.

/**
 * One sigmoid per label, or a softmax over labels that exclude each other, of logits / temperature.
 * @param {ArrayLike<number>} logits
 * @param {string} task
 * @param {number} temperature
 */
export function computeProbabilities(logits, task, temperature) {
  const scaled = Array.from(logits, (logit) => logit / temperature);
  if (task !== "single-label") return scaled.map((logit) => 1 / (1 + Math.exp(-logit)));
  const most = Math.max(...scaled);
  const weights = scaled.map((logit) => Math.exp(logit - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * How each label stands: the most probable one of labels that exclude each other, else beside its own threshold.
 * @param {number[]} probabilities
 * @param {{ readonly task: string, readonly labels: readonly LabelFacts[] }} network
 * @returns {Verdict[]}
 */
export function decide(probabilities, { task, labels }) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  return labels.map(({ threshold, quality }, at) => {
    if (!quality.can_tell) return "cannot tell";
    if (task === "single-label") return at === best ? "most probable" : "less probable";
    if (threshold === null) return "no threshold";
    return probabilities[at] >= threshold ? "above" : "below";
  });
}
