"""What commands and words stand for in a formula: functions, operators, styles, names."""

from __future__ import annotations

from grading.reading.tokens import GREEK

__all__ = [
    "ACCENTS",
    "BARE",
    "BARS",
    "COMMANDS",
    "COMMAND_NAMES",
    "EXTREMA",
    "FRACTIONS",
    "FUNCTIONS",
    "INTEGRALS",
    "OPENING",
    "OPERATORS",
    "SHORTHANDS",
    "SIGN_NAMES",
    "SPELLINGS",
    "STYLES",
    "WRAPPERS",
]

#: Every spelling of a function and its name in a ``function`` node.
FUNCTIONS = {
    "log": "log", "ln": "log", "Log": "log", "Ln": "log", "exp": "exp", "Exp": "exp",
    "sqrt": "sqrt", "Sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan", "tanh": "tanh",
    "sinh": "sinh", "cosh": "cosh", "sech": "sech",
    "sec": "sec", "coth": "coth", "arctan": "arctan",
    "atan": "arctan", "arctanh": "arctanh", "atanh": "arctanh", "artanh": "arctanh",
    "sigmoid": "logistic", "Sigmoid": "logistic", "logistic": "logistic", "expit": "logistic",
    "sigm": "logistic", "softplus": "softplus", "Softplus": "softplus", "relu": "relu",
    "ReLU": "relu", "Relu": "relu", "RELU": "relu", "logsigmoid": "logsigmoid",
    "LogSigmoid": "logsigmoid", "softmax": "softmax", "Softmax": "softmax", "log1p": "log1p",
    "expm1": "expm1", "logaddexp": "logaddexp", "max": "max", "min": "min", "maximum": "max",
    "minimum": "min", "tr": "trace", "Tr": "trace", "trace": "trace", "Trace": "trace",
    "det": "det", "Det": "det", "diag": "diag", "Diag": "diag", "abs": "abs", "fabs": "abs",
    "norm": "norm", "sign": "sign", "sgn": "sign", "inv": "inv", "pinv": "pinv",
    "inverse": "inv", "transpose": "transpose", "eye": "eye", "identity": "eye", "ones": "ones",
    "zeros": "zeros", "square": "square", "pow": "pow", "power": "pow", "dot": "dot",
    "matmul": "dot", "inner": "dot", "multiply": "times", "mul": "times", "divide": "over",
    "add": "plus", "subtract": "minus", "solve": "solve", "mean": "mean", "Re": "Re",
    "Im": "Im", "real": "Re", "imag": "Im", "clamp": "clip", "clip": "clip", "where": "where",
    "slogdet": "slogdet", "logdet": "logdet", "logsumexp": "logsumexp", "reciprocal": "inv_each",
}  # fmt: skip

#: Functions that are read without brackets too: ``\\log x``, ``\\det J``.
BARE = frozenset(
    "log exp sin cos tan tanh sinh cosh sech coth arctan arctanh logistic softplus relu trace det"
    " diag sqrt Re Im logsigmoid sign".split()
)

#: Words that only wrap code around a matrix.
WRAPPERS = frozenset("array tensor Tensor Matrix matrix asarray vector as_tensor".split())

OPERATORS = {
    "sum": "sum", "Sum": "sum", "prod": "product", "product": "product", "Product": "product",
}  # fmt: skip

INTEGRALS = {"int": 1, "integral": 1, "iint": 2, "iiint": 3, "oint": 1}

EXTREMA = {"max": "max", "min": "min", "argmax": "argmax", "argmin": "argmin"}

STYLES = {
    "mathbf": "bold", "bm": "bold", "boldsymbol": "bold", "bf": "bold", "textbf": "bold",
    "mathbfit": "bold", "symbf": "bold", "pmb": "bold", "mathcal": "calligraphic",
    "mathscr": "calligraphic", "mathfrak": "calligraphic", "cal": "calligraphic",
    "mathbb": "blackboard", "mathds": "blackboard", "mathsf": "sans", "mathtt": "sans",
    "texttt": "sans", "textsf": "sans", "mathrm": "roman", "operatorname": "roman",
    "text": "roman", "textrm": "roman", "textnormal": "roman", "mbox": "roman", "rm": "roman",
    "mathit": "roman", "textit": "roman", "hbox": "roman", "mathup": "roman",
}  # fmt: skip

ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde",
    "widetilde": "tilde", "vec": "vec", "overrightarrow": "vec", "dot": "dot",
}  # fmt: skip

FRACTIONS = frozenset("frac dfrac tfrac cfrac nicefrac sfrac".split())

#: Commands that many students write as if LaTeX had them.
SHORTHANDS = {"E": "E", "R": "R", "KL": "KL", "JSD": "JSD", "JS": "JS", "N": "N", "T": "top",
               "Var": "Var", "Cov": "Cov", "I": "I", "eps": "eps", "D": "D"}  # fmt: skip

#: Commands that are names.
COMMAND_NAMES = GREEK | frozenset("ell infty partial nabla top dagger ldots emptyset".split())

SPELLINGS = {"inf": "infty", "Inf": "infty", "infinity": "infty", "Infinity": "infty",
              "infty": "infty", "oo": "infty", "varepsilon": "epsilon", "varphi": "phi",
              "vartheta": "theta", "dots": "ldots", "cdots": "ldots"}  # fmt: skip

#: Signs that are names where they stand alone in a script.
SIGN_NAMES = {"+-": "pm", "-+": "mp", "odot": "circ"}

BARS = frozenset(["|", "||", "l|", "l||", "r|", "r||", "m|", "m||"])

OPENING = frozenset(["(", "[", "\\{", "{", "langle"])

COMMANDS = sorted(
    COMMAND_NAMES | set(FUNCTIONS) | set(STYLES) | set(ACCENTS) | FRACTIONS
    | {"sum", "prod", "int", "left", "right", "cdot", "odot", "le", "ge", "pm", "mid", "in"}
)  # fmt: skip
