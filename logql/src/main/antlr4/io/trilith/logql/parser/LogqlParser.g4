parser grammar LogqlParser;

options { tokenVocab = LogqlLexer; }

query: expr EOF;

expr
    // It associates to the right, but a chain of it is read as a list; the tree is built right.
    : expr op=POWER modifiers expr                                      # binary
    | expr op=(TIMES | DIVIDE | MODULO) modifiers expr                  # binary
    | expr op=(PLUS | MINUS) modifiers expr                             # binary
    | expr op=(EQUALS | NOT_EQUALS | LESS | LESS_EQUALS | GREATER | GREATER_EQUALS)
        modifiers expr                                                  # binary
    | expr op=(AND | UNLESS) modifiers expr                             # binary
    | expr op=OR modifiers expr                                         # binary
    | OPEN_PAREN expr CLOSE_PAREN                                       # paren
    | AGGREGATOR before=grouping? OPEN_PAREN (parameter=NUMBER COMMA)? expr CLOSE_PAREN
        after=grouping?                                                 # aggregate
    | RANGE_FUNCTION OPEN_PAREN (parameter=NUMBER COMMA)? logRange CLOSE_PAREN grouping? # rangeAggregate
    | LABEL_REPLACE OPEN_PAREN expr COMMA STRING COMMA STRING COMMA STRING COMMA STRING
        CLOSE_PAREN                                                     # labelReplace
    | VECTOR OPEN_PAREN NUMBER CLOSE_PAREN                              # vector
    | sign=(PLUS | MINUS)? NUMBER                                       # number
    | selector stage*                                                   # logs
    ;

modifiers: BOOL? match?;

match: kind=(ON | IGNORING) names (group=(GROUP_LEFT | GROUP_RIGHT) names?)?;

grouping: kind=(BY | WITHOUT) names;

names: OPEN_PAREN (labelName (COMMA labelName)*)? CLOSE_PAREN;

logRange
    : selector range offset? stage* unwrap?
    | selector stage* unwrap? range offset?
    | OPEN_PAREN selector stage* unwrap? CLOSE_PAREN range offset? stage* unwrap?
    | OPEN_PAREN logRange CLOSE_PAREN
    ;

range: OPEN_BRACKET DURATION CLOSE_BRACKET;

offset: OFFSET sign=MINUS? DURATION;

selector
    : OPEN_BRACE (matcher (COMMA matcher)*)? CLOSE_BRACE
    | OPEN_PAREN selector CLOSE_PAREN
    ;

matcher: labelName op=(ASSIGN | NOT_EQUALS | MATCHES | NOT_MATCHES) STRING;

stage
    : op=(PIPE_EXACT | PIPE_MATCH | PIPE_PATTERN | NOT_EQUALS | NOT_MATCHES | NOT_PATTERN)
        lineOperand (OR lineOperand)*                                   # lineFilter
    | PIPE JSON extractions?                                            # json
    | PIPE LOGFMT FLAG* extractions?                                    # logfmt
    | PIPE REGEXP STRING                                                # regexp
    | PIPE PATTERN STRING                                               # pattern
    | PIPE UNPACK                                                       # unpack
    | PIPE LINE_FORMAT STRING                                           # lineFormat
    | PIPE LABEL_FORMAT assignment (COMMA assignment)*                  # labelFormat
    | PIPE DECOLORIZE                                                   # decolorize
    | PIPE DROP choice (COMMA choice)*                                  # drop
    | PIPE KEEP choice (COMMA choice)*                                  # keep
    | PIPE labelFilter                                                  # filter
    ;

lineOperand: STRING | IP OPEN_PAREN STRING CLOSE_PAREN;

extractions: extraction (COMMA extraction)*;

extraction: labelName (ASSIGN STRING)?;

assignment: labelName ASSIGN (labelName | STRING);

choice: labelName (op=(ASSIGN | NOT_EQUALS | MATCHES | NOT_MATCHES) STRING)?;

labelFilter: labelFilterPart (link labelFilterPart)*;

link: (AND | COMMA | OR)?;

labelFilterPart
    : OPEN_PAREN labelFilter CLOSE_PAREN                                # nestedFilter
    | labelName op=(ASSIGN | NOT_EQUALS | MATCHES | NOT_MATCHES) STRING # textFilter
    | labelName op=(ASSIGN | NOT_EQUALS | EQUALS | LESS | LESS_EQUALS | GREATER | GREATER_EQUALS)
        IP OPEN_PAREN STRING CLOSE_PAREN                                # ipFilter
    | labelName op=(ASSIGN | NOT_EQUALS | EQUALS | LESS | LESS_EQUALS | GREATER | GREATER_EQUALS)
        sign=(PLUS | MINUS)? literal                                    # numberFilter
    ;

literal: NUMBER | DURATION | BYTES;

unwrap
    : PIPE UNWRAP (labelName | CONVERSION OPEN_PAREN labelName CLOSE_PAREN) (PIPE labelFilter)*
    ;

labelName: IDENTIFIER | AGGREGATOR | RANGE_FUNCTION | CONVERSION | VECTOR | LABEL_REPLACE | IP;
