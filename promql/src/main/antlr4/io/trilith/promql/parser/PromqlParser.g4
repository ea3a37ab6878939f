parser grammar PromqlParser;

options { tokenVocab = PromqlLexer; }

query: expr EOF;

expr
    : expr OPEN_BRACKET duration CLOSE_BRACKET                          # matrix
    | expr OPEN_BRACKET duration COLON duration? CLOSE_BRACKET          # subquery
    | expr OFFSET offsetDuration                                        # offset
    | expr AT atTime                                                    # at
    | expr kind=(ANCHORED | SMOOTHED)                                   # edge
    // It associates to the right, but a chain of it is read as a list; the tree is built right.
    | expr op=POWER modifiers expr                                      # binary
    | op=(PLUS | MINUS) expr                                            # unary
    | expr op=(TIMES | DIVIDE | MODULO | ATAN2) modifiers expr          # binary
    | expr op=(PLUS | MINUS) modifiers expr                             # binary
    | expr op=(EQUALS | NOT_EQUALS | LESS | LESS_EQUALS | GREATER | GREATER_EQUALS
        | TRIM_UPPER | TRIM_LOWER) modifiers expr                       # binary
    | expr op=(AND | UNLESS) modifiers expr                             # binary
    | expr op=OR modifiers expr                                         # binary
    | OPEN_PAREN expr CLOSE_PAREN                                       # paren
    | aggregation                                                       # aggregate
    | functionName OPEN_PAREN (expr (COMMA expr)*)? CLOSE_PAREN         # call
    | selector                                                          # select
    | (NUMBER | DURATION | INF | NAN)                                   # number
    | STRING                                                            # string
    ;

modifiers: BOOL? match? fill*;

match: kind=(ON | IGNORING) names (group=(GROUP_LEFT | GROUP_RIGHT) names?)?;

fill: kind=(FILL | FILL_LEFT | FILL_RIGHT) OPEN_PAREN sign=(PLUS | MINUS)? literal CLOSE_PAREN;

literal: NUMBER | DURATION | INF | NAN;

names: OPEN_PAREN (labelName (COMMA labelName)* COMMA?)? CLOSE_PAREN;

aggregation
    : AGGREGATOR grouping OPEN_PAREN (expr (COMMA expr)*)? CLOSE_PAREN
    | AGGREGATOR OPEN_PAREN (expr (COMMA expr)*)? CLOSE_PAREN grouping?
    ;

grouping: kind=(BY | WITHOUT) names;

functionName: IDENTIFIER | START | END | STEP | RANGE | MIN_OF | MAX_OF;

selector
    : metricName (OPEN_BRACE matchers? CLOSE_BRACE)?
    | OPEN_BRACE matchers? CLOSE_BRACE
    ;

matchers: matcher (COMMA matcher)* COMMA?;

matcher
    : labelName op=(ASSIGN | NOT_EQUALS | MATCHES | NOT_MATCHES) STRING
    | STRING
    ;

metricName
    : IDENTIFIER | METRIC_IDENTIFIER | AND | OR | UNLESS | OFFSET | BY | WITHOUT | FILL | FILL_LEFT
    | FILL_RIGHT | ANCHORED | SMOOTHED | START | END | STEP | RANGE | MIN_OF | MAX_OF | AGGREGATOR
    ;

labelName
    : IDENTIFIER | STRING | AND | OR | UNLESS | ATAN2 | OFFSET | BY | WITHOUT | ON | IGNORING
    | GROUP_LEFT | GROUP_RIGHT | FILL | FILL_LEFT | FILL_RIGHT | BOOL | ANCHORED | SMOOTHED | START
    | END | STEP | RANGE | MIN_OF | MAX_OF | AGGREGATOR | INF | NAN
    ;

atTime
    : sign=(PLUS | MINUS)? literal
    | edge=(START | END) OPEN_PAREN CLOSE_PAREN
    ;

// What stands after "offset" without parentheses ends before any operator.
offsetDuration: sign=(PLUS | MINUS)? durationAtom;

duration
    : <assoc = right> duration op=POWER duration                        # durationBinary
    | op=(PLUS | MINUS) duration                                        # durationUnary
    | duration op=(TIMES | DIVIDE | MODULO) duration                    # durationBinary
    | duration op=(PLUS | MINUS) duration                               # durationBinary
    | durationAtom                                                      # durationLeaf
    ;

durationAtom
    : (NUMBER | DURATION)                                               # durationLiteral
    | which=(STEP | RANGE) OPEN_PAREN CLOSE_PAREN                       # durationQuery
    | which=(MIN_OF | MAX_OF) OPEN_PAREN duration COMMA duration CLOSE_PAREN # durationPick
    | OPEN_PAREN duration CLOSE_PAREN                                   # durationParen
    ;
