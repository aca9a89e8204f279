package owned

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A Change is one attribute of an update or of a new item.
type Change struct {
	name   string
	value  any
	remove bool
}

// Set gives an attribute a value: a string, bool, number, []byte, []string (a list)
// or any types.AttributeValue.
func Set(name string, value any) Change { return Change{name: name, value: value} }

// Remove takes an attribute away.
func Remove(name string) Change { return Change{name: name, remove: true} }

// An Item is what its owner may see of it.
type Item struct {
	ID string
	// Attributes are all but key, owner and what package owned keeps for itself.
	Attributes map[string]types.AttributeValue
}

// Text is a string attribute; "" if it is missing or something else.
func (i Item) Text(name string) string { return textOf(i.Attributes[name]) }

func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func encode(value any) (types.AttributeValue, error) {
	switch v := value.(type) {
	case types.AttributeValue:
		if v != nil {
			return v, nil
		}
	case string:
		return text(v), nil
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}, nil
	case int:
		return number(int64(v)), nil
	case int64:
		return number(v), nil
	case uint64:
		return &types.AttributeValueMemberN{Value: strconv.FormatUint(v, 10)}, nil
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return &types.AttributeValueMemberN{Value: strconv.FormatFloat(v, 'g', -1, 64)}, nil
		}
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}, nil
	case []byte:
		return &types.AttributeValueMemberB{Value: append([]byte{}, v...)}, nil
	case []string:
		list := make([]types.AttributeValue, len(v))
		for i, s := range v {
			list[i] = text(s)
		}
		return &types.AttributeValueMemberL{Value: list}, nil
	}
	return nil, fmt.Errorf("%T is no value for an attribute", value)
}
